/** How many of the held-out digits each network knows after each change. */

import { transformImage } from '../digits/augmentation.ts';
import { type Digits, digitImage, PIXELS, SIZE } from '../digits/digits.ts';
import { evaluate } from '../digits/evaluation.ts';
import { predict } from '../digits/training.ts';
import type { Contestant } from './networks.ts';
import { SERIES, type Series } from './series.ts';

export interface Measured {
  readonly series: Series['name'];
  readonly value: number;
  readonly network: string;
  readonly augmented: boolean;
  readonly correct: number;
  /** Digits looked at: all held-out ones once for each change. */
  readonly count: number;
}

export interface Results {
  readonly networks: readonly Pick<Contestant, 'network' | 'augmented' | 'parameters'>[];
  readonly measured: readonly Measured[];
}

export function measure(
  networks: readonly Contestant[],
  digits: Digits,
  heldOut: Uint32Array,
): Results {
  const images = Array.from(heldOut, (index) => digitImage(digits, index));
  const measured = SERIES.flatMap(({ name: series, values, transforms }) =>
    values.flatMap((value) => {
      const changed = transforms(value).map((transform) =>
        images.map((image) => {
          const target = new Float32Array(PIXELS);
          transformImage(image, SIZE, transform, target);
          return target;
        }),
      );
      return networks.map(({ network, augmented, trained, weights }): Measured => {
        const correct = changed.map(
          (pictures) => evaluate(digits, heldOut, predict(trained, weights, pictures)).correct,
        );
        return {
          ...{ series, value, network, augmented },
          correct: correct.reduce((a, b) => a + b, 0),
          count: changed.length * heldOut.length,
        };
      });
    }),
  );
  return {
    networks: networks.map(({ network, augmented, parameters }) => ({
      ...{ network, augmented, parameters },
    })),
    measured,
  };
}
