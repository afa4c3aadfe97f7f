/** The words of the page YourModel. */

import { inLanguages } from '../../lib/i18n.ts';
import { en } from './text-en.ts';
import { ko } from './text-ko.ts';

export const text = inLanguages({ en, ko });
