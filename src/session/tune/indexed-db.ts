/** Tuning in a page's IndexedDB: one record. Where there is none (private windows), nothing is kept. */

import { type Tuning, type TuningStore, tuningDatabase } from './tuning.ts';

const table = 'tuning';
const record = 'tuning';

export const indexedDbStore: TuningStore = {
  load: () => inStore('readonly', (store) => store.get(record)),
  async save(tuning: Tuning) {
    await inStore('readwrite', (store) => store.put(tuning, record));
  },
};

async function inStore(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  if (typeof indexedDB === 'undefined') return undefined;
  const opening = indexedDB.open(tuningDatabase, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(table);
  const database = await settled(opening).catch(() => undefined);
  if (!database) return undefined;
  try {
    return await settled(work(database.transaction(table, mode).objectStore(table)));
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
