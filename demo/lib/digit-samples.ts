/** Addresses of the shipped digits, which no network here was trained on, by their label. */

const addresses = import.meta.glob<string>('../../models/lenet5/digits/*.png', {
  eager: true,
  query: '?url',
  import: 'default',
});

export const samples: ReadonlyMap<string, string> = new Map(
  Object.entries(addresses).map(([path, url]) => [path.match(/(\d)-\d+\.png$/)?.[1] ?? '', url]),
);
