/** The pictures that each task begins with. */

import flower from '../../../node_modules/@upscalerjs/default-model/assets/fixture.png?no-inline';
import type { TaskId } from './messages.ts';
import people from './pictures/people.png';
import sign from './pictures/sign.png';

export const picturesOf = {
  faces: [{ id: 'people', url: people }],
  text: [{ id: 'sign', url: sign }],
  upscale: [{ id: 'flower', url: flower }],
} as const satisfies Record<TaskId, readonly { readonly id: string; readonly url: string }[]>;
