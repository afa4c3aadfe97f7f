/**
 * The language of the site: a store that is remembered, and texts that follow it. A page keeps its
 * words in `pages/<name>/text.ts`:
 *
 * ```ts
 * export const text = inLanguages({ en: { title: 'Pooling' }, ko: { title: '풀링' } });
 * ```
 *
 * and its component reads `$text.title`. Words that hold numbers are functions.
 */

import { derived, type Readable, writable } from 'svelte/store';
import { recall, remember } from './remembered.ts';

export type Language = 'en' | 'ko';

export const languages: readonly { readonly value: Language; readonly label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'ko', label: '한국어' },
];

/** What was chosen before, else the first of the browser's languages that the site speaks. */
export function initialLanguage(
  chosen: string | undefined,
  wanted: readonly string[] = navigator.languages,
): Language {
  const known = (tag: string) => languages.find(({ value }) => tag.toLowerCase().startsWith(value));
  return [chosen ?? '', ...wanted].map(known).find((found) => found)?.value ?? 'en';
}

export const language = writable<Language>(
  initialLanguage(recall('language'), globalThis.navigator?.languages ?? []),
);

/** A store of the words in the language at hand; both languages have the same keys. */
export function inLanguages<T>(texts: { readonly en: T; readonly ko: NoInfer<T> }): Readable<T> {
  return derived(language, (current) => texts[current]);
}

/** Keeps `<html lang>` and the memory of the choice as the store is. */
export function followLanguage(): void {
  language.subscribe((current) => {
    document.documentElement.lang = current;
    remember('language', current);
  });
}
