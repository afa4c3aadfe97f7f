/** The pictures that each task begins with. */

import type { TaskId } from './messages.ts';
import people from './pictures/people.png';
import sign from './pictures/sign.png';

export const picturesOf = {
  faces: [{ id: 'people', url: people }],
  text: [{ id: 'sign', url: sign }],
  upscale: [],
} as const satisfies Record<TaskId, readonly { readonly id: string; readonly url: string }[]>;
