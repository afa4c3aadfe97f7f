/** The package as it is published: its entries and their types are found. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { expect, inject, test } from 'vitest';
import { run } from './process.ts';

const tsc = resolve(import.meta.dirname, '../../node_modules/typescript/bin/tsc');

test('publint finds nothing', async () => {
  const pkgDir = join(inject('bare'), 'node_modules/wgconv');
  const { messages } = await publint({ pkgDir, level: 'suggestion', pack: false, strict: true });
  expect(messages).toEqual([]);
});

test('what README.md links to is there', () => {
  const folder = join(inject('bare'), 'node_modules/wgconv');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
});

test.each(['nodenext', 'bundler'])(
  'types are right with moduleResolution %s, those of the first example of README.md, too',
  async (resolution) => {
    const file = join(inject('bare'), `consumer-${resolution}.mts`);
    writeFileSync(
      file,
      `import { InferenceSession, Tensor } from 'wgconv';
    import { imageToTensor, presets } from 'wgconv/image';
    import { dense, sequential } from 'wgconv/layers';
    import { WorkerSession } from 'wgconv/worker';
    import 'wgconv/worker-main';

    const net = sequential([dense({ units: 1, inputShape: [4] })]);
    const session: InferenceSession = await InferenceSession.create(await net.toGraph());
    const picture = { data: new Uint8ClampedArray(4), width: 1, height: 1 };
    const { tensor } = await imageToTensor(picture, { session, width: 1, height: 1, ...presets.digit });
    const outputs: Record<string, Tensor> = await session.run({ input: tensor });
    // @ts-expect-error a backend that there is not
    await InferenceSession.create('model.onnx', { backend: 'webnn' });
    const away: WorkerSession = await WorkerSession.create('model.onnx', { backend: 'cpu' });
    const there: Record<string, Tensor> = await away.run({ input: tensor }, { transfer: true });
    // @ts-expect-error it cannot leave the worker
    await away.run({ input: tensor }, { location: 'gpu-buffer' });
    export { outputs, there };`,
    );
    const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
    const [, example = ''] = /<script type="module">\n(.*?)<\/script>/s.exec(readme) ?? [];
    const page = join(inject('bare'), `page-${resolution}.mts`);
    expect(example).toContain('InferenceSession.create');
    writeFileSync(page, example);
    const module = resolution === 'bundler' ? 'esnext' : resolution;
    const { status, stdout } = await run(inject('bare'), [
      ...[process.execPath, tsc, '--noEmit', '--strict', '--target', 'es2022'],
      ...['--module', module, '--moduleResolution', resolution, file, page],
    ]);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  },
);
