/** Light or dark: the system's wish until somebody chooses, and what was chosen from then on. */

import { derived, readable, writable } from 'svelte/store';
import { recall, remember } from './remembered.ts';

export type Theme = 'system' | 'light' | 'dark';

const chosen = recall('theme');

export const theme = writable<Theme>(chosen === 'light' || chosen === 'dark' ? chosen : 'system');

const systemIsDark = readable(false, (set) => {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const update = () => set(query.matches);
  update();
  query.addEventListener('change', update);
  return () => query.removeEventListener('change', update);
});

/** Whether the page is dark now: for drawings on canvases, which CSS does not reach. */
export const isDark = derived([theme, systemIsDark], ([wish, system]) =>
  wish === 'system' ? system : wish === 'dark',
);

/** Keeps `<html data-theme>`, which the tokens go by, and the memory of the choice. */
export function followTheme(): void {
  theme.subscribe((wish) => {
    document.documentElement.dataset.theme = wish;
    remember('theme', wish);
  });
}
