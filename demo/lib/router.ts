/** The pages and their addresses: a hash for each, so that any static host serves them all. */

import type { Component } from 'svelte';
import { readable } from 'svelte/store';

interface Page {
  readonly id: PageId;
  /** Loads the page's code when it is first opened. */
  readonly load: () => Promise<{ default: Component }>;
  /** Strokes of its 24×24 icon. */
  readonly icon: string;
}

export type PageId = 'digit' | 'convolution' | 'pooling' | 'why' | 'model' | 'gallery';

export const pages: readonly Page[] = [
  {
    id: 'digit',
    load: () => import('../pages/Digit.svelte'),
    icon: 'M7.5 6.5C9 4 15.5 4 15.5 8c0 3-3 3.5-4.5 3.5 2 0 5 .8 5 4 0 4.6-7.5 4.8-9 1.5',
  },
  {
    id: 'convolution',
    load: () => import('../pages/Convolution.svelte'),
    icon: 'M4 4h16v16H4zM9.3 4v16M14.7 4v16M4 9.3h16M4 14.7h16M10.5 12h3M12 10.5v3',
  },
  {
    id: 'pooling',
    load: () => import('../pages/Pooling.svelte'),
    icon: 'M3 5h10v10H3zM8 5v10M3 10h10M17 14h4v5h-5v-5zM13.5 17h-4',
  },
  {
    id: 'why',
    load: () => import('../pages/Why.svelte'),
    icon: 'M9 9h6v6H9zM4.5 12a7.5 7.5 0 0 1 13-5M19.5 12a7.5 7.5 0 0 1-13 5M17.8 3.5V7h-3.5M6.2 20.5V17h3.5',
  },
  {
    id: 'model',
    load: () => import('../pages/YourModel.svelte'),
    icon: 'M12 15V4M8 8l4-4 4 4M4 14v5h16v-5',
  },
  {
    id: 'gallery',
    load: () => import('../pages/Gallery.svelte'),
    icon: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  },
];

export const hrefOf = (id: PageId): string => `#/${id}`;

/** The page that a hash names; the first one for what names none. */
export function pageOf(hash: string): Page {
  const id = hash.match(/^#\/([a-z]+)/)?.[1];
  return pages.find((page) => page.id === id) ?? (pages[0] as Page);
}

export const route = readable<Page>(pages[0], (set) => {
  const update = () => set(pageOf(location.hash));
  update();
  addEventListener('hashchange', update);
  return () => removeEventListener('hashchange', update);
});
