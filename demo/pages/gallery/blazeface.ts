/**
 * From the outputs of BlazeFace to faces: anchors, decoding and the weighted suppression of
 * "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (Bazarevsky et al., 2019), with
 * the numbers of MediaPipe's graphs: https://github.com/google-ai-edge/mediapipe, in
 * mediapipe/modules/face_detection. Places are fractions of the input's width and height.
 */

import type { Point } from './geometry.ts';
import { type Network, outputOf } from './network.ts';
import { type Normalisation, normalise, type Pixels, resize } from './pixels.ts';

export interface Face {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Right eye, left eye, nose, mouth, right ear, left ear: the person's own right and left. */
  readonly keypoints: readonly Point[];
  readonly score: number;
}

/** Both networks have two grids of anchors: 16×16 cells of two and 8×8 cells of six. */
const grids: readonly { readonly cells: number; readonly perCell: number }[] = [
  { cells: 16, perCell: 2 },
  { cells: 8, perCell: 6 },
];

const keypointCount = 6;
/** Values a box: centre, size, and the keypoints. */
const boxValues = 4 + 2 * keypointCount;

/** The middles of the anchors, in the order of the network's outputs. All are of the input's size. */
export function anchors(): Point[] {
  return grids.flatMap(({ cells, perCell }) =>
    Array.from({ length: cells * cells * perCell }, (_, i) => {
      const cell = Math.floor(i / perCell);
      return { x: ((cell % cells) + 0.5) / cells, y: (Math.floor(cell / cells) + 0.5) / cells };
    }),
  );
}

/**
 * The anchors that are likelier a face than `threshold`, decoded. `logits` has one value an anchor,
 * `boxes` sixteen, in pixels of an input of `size`, relative to the anchor.
 */
export function decodeFaces(
  logits: ArrayLike<number>,
  boxes: ArrayLike<number>,
  size: number,
  threshold = 0.5,
): Face[] {
  return anchors().flatMap((anchor, i) => {
    const score = 1 / (1 + Math.exp(-(logits[i] ?? Number.NEGATIVE_INFINITY)));
    if (!(score >= threshold)) return [];
    const value = (k: number) => (boxes[i * boxValues + k] ?? 0) / size;
    const [x, y] = [anchor.x + value(0), anchor.y + value(1)];
    const [halfWidth, halfHeight] = [value(2) / 2, value(3) / 2];
    const keypoints = Array.from({ length: keypointCount }, (_, k) => ({
      x: anchor.x + value(4 + 2 * k),
      y: anchor.y + value(5 + 2 * k),
    }));
    return [
      {
        left: x - halfWidth,
        top: y - halfHeight,
        right: x + halfWidth,
        bottom: y + halfHeight,
        keypoints,
        score,
      },
    ];
  });
}

/**
 * One face for each group of detections that overlap by more than `overlap` (intersection over
 * union): their mean, weighted by the scores, with the score of the best. Best first.
 */
export function suppress(faces: readonly Face[], overlap = 0.3): Face[] {
  let left = [...faces].sort((a, b) => b.score - a.score);
  const kept: Face[] = [];
  for (let best = left[0]; best; best = left[0]) {
    const top = best;
    const group = left.filter((face) => face === top || intersectionOverUnion(face, top) > overlap);
    left = left.filter((face) => !group.includes(face));
    kept.push(weightedMean(group, top.score));
  }
  return kept;
}

function weightedMean(group: readonly Face[], score: number): Face {
  const total = group.reduce((sum, face) => sum + face.score, 0);
  const mean = (value: (face: Face) => number) =>
    group.reduce((sum, face) => sum + face.score * value(face), 0) / total;
  return {
    left: mean((face) => face.left),
    top: mean((face) => face.top),
    right: mean((face) => face.right),
    bottom: mean((face) => face.bottom),
    keypoints: Array.from({ length: keypointCount }, (_, k) => ({
      x: mean((face) => face.keypoints[k]?.x ?? 0),
      y: mean((face) => face.keypoints[k]?.y ?? 0),
    })),
    score,
  };
}

function intersectionOverUnion(a: Face, b: Face): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const area = (face: Face) => (face.right - face.left) * (face.bottom - face.top);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** Bytes as −1 to 1; where there is no picture it is black. */
const faceInput: Normalisation = {
  layout: 'NHWC',
  order: 'RGB',
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
  fill: -1,
};

/**
 * The faces in a picture, places as fractions of its width and height. The network gets all of the
 * picture, in the middle of a square of `size`.
 */
export async function detectFaces(
  picture: Pixels,
  network: Network,
  size: number,
): Promise<Face[]> {
  const scale = size / Math.max(picture.width, picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const left = Math.floor((size - width) / 2);
  const top = Math.floor((size - height) / 2);
  const input = normalise(resize(picture, width, height), size, size, faceInput, { left, top });
  const outputs = await network(input, [1, size, size, 3]);
  // Scores and boxes of the fine grid, then of the coarse one.
  const joined = (fine: number, coarse: number) => [
    ...Array.from(outputOf(outputs, fine).data),
    ...Array.from(outputOf(outputs, coarse).data),
  ];
  const faces = suppress(decodeFaces(joined(0, 1), joined(2, 3), size));
  const inPicture = ({ x, y }: Point): Point => ({
    x: (x * size - left) / width,
    y: (y * size - top) / height,
  });
  return faces.map((face) => {
    const { x: l, y: t } = inPicture({ x: face.left, y: face.top });
    const { x: r, y: b } = inPicture({ x: face.right, y: face.bottom });
    const keypoints = face.keypoints.map(inPicture);
    return { left: l, top: t, right: r, bottom: b, keypoints, score: face.score };
  });
}
