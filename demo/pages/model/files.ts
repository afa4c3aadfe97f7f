/** The files that somebody drops: which one is the model, which lie beside it, which has the labels. */

export interface DroppedFile {
  /** Below the folder that was dropped, or the file's own name. */
  readonly path: string;
  readonly file: File;
}

export interface SortedFiles {
  readonly model: DroppedFile | undefined;
  /** Weights in files of their own, by their paths from the model's folder. */
  readonly beside: readonly { readonly path: string; readonly data: File }[];
  /** A text file with one label a line. */
  readonly labels: File | undefined;
}

/**
 * The model is the ONNX file; without one, `model.json` or the only JSON file; without that, the one
 * file that there is. The shallowest goes before others.
 */
export function sortFiles(files: readonly DroppedFile[]): SortedFiles {
  const ordered = files.toSorted((a, b) => depth(a) - depth(b));
  const labels = ordered.find(({ path }) => /\.txt$/i.test(path));
  const others = ordered.filter((file) => file !== labels);
  const jsons = others.filter(({ path }) => /\.json$/i.test(path));
  const model =
    others.find(({ path }) => /\.onnx$/i.test(path)) ??
    jsons.find(({ path }) => /(^|\/)model\.json$/i.test(path)) ??
    (jsons.length === 1 ? jsons[0] : undefined) ??
    (others.length === 1 ? others.find(({ path }) => !isPicture.test(path)) : undefined);
  const folder = model?.path.replace(/[^/]*$/, '') ?? '';
  return {
    model,
    beside: others
      .filter((other) => other !== model)
      .map(({ path, file }) => ({
        path: path.startsWith(folder) ? path.slice(folder.length) : path,
        data: file,
      })),
    labels: labels?.file,
  };
}

const isPicture = /\.(png|jpe?g|webp|avif|gif|bmp|svg|heic)$/i;

const depth = ({ path }: DroppedFile): number => path.split('/').length;

/** Files and the content of folders that are dropped, or those that a file input has. */
export async function filesOf(transfer: DataTransfer): Promise<DroppedFile[]> {
  // The list of items is empty when the event is over: entries are taken first.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return plainFiles(transfer.files);
  return (await Promise.all(entries.map((entry) => (entry ? walk(entry, '') : [])))).flat();
}

export function plainFiles(files: Iterable<File>): DroppedFile[] {
  return [...files].map((file) => ({ path: file.name, file }));
}

async function walk(entry: FileSystemEntry, folder: string): Promise<DroppedFile[]> {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: DroppedFile[] = [];
  // A reader gives a part of a large folder at a time, and nothing at its end.
  while (true) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return found;
    for (const inner of part) found.push(...(await walk(inner, `${path}/`)));
  }
}

/** One label a line; a number in front that only counts is left out ("0 tench", "0: tench"). */
export function parseLabels(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const counted = lines.map((line) => line.match(/^(\d+)\s*[:,\t ]\s*(.+)$/));
  const first = Number(counted[0]?.[1]);
  const counts = counted.every((match, at) => Number(match?.[1]) === first + at);
  return counts ? counted.map((match) => match?.[2] ?? '') : lines;
}
