/// <reference types="vite/client" />
/** The digit page: a drawing area, LeNet-5 on the GPU, and its ten probabilities. */

import modelUrl from '../models/lenet5/lenet5.onnx?url';
import { InferenceSession, Tensor, type Tensor as TensorType, WgconvError } from '../src/index.ts';
import { centredDigit, side } from './digit-image.ts';

/** Addresses of the shipped digits, by their label. */
const samples = new Map(
  Object.entries(
    import.meta.glob<string>('../models/lenet5/digits/*.png', {
      eager: true,
      query: '?url',
      import: 'default',
    }),
  ).map(([path, url]) => [path.match(/(\d)-\d+\.png$/)?.[1] ?? '', url]),
);

const pad = element<HTMLCanvasElement>('pad');
const seen = element<HTMLCanvasElement>('seen');
const digit = element('digit');
const status = element('status');
const bars = element('bars');
const thickness = element<HTMLInputElement>('thickness');
const ink = pad.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
const rows = Array.from({ length: 10 }, (_, value) => addBar(value));

let session: InferenceSession | undefined;
let running = false;
let again = false;

drawingTools();
addSamples();
await start();

async function start(backend: 'webgpu' | 'cpu' = 'webgpu'): Promise<void> {
  try {
    session = await InferenceSession.create(modelUrl, {
      backend,
      onProgress: ({ stage, done, total }) => {
        status.textContent = `Loading the network: ${stage} ${done}/${total}`;
      },
    });
    // Drivers compile at the first dispatch: that is done before anyone draws.
    const blank = new Tensor('float32', new Float32Array(side * side), [1, 1, side, side]);
    await session.run({ [session.inputNames[0] as string]: blank });
    document.body.dataset.ready = backend;
    await answer();
  } catch (error) {
    if (error instanceof WgconvError && error.code === 'no-webgpu') offerCpu();
    else status.textContent = error instanceof Error ? error.message : String(error);
  }
}

function describeBackend({ backend, caps }: InferenceSession): string {
  if (backend === 'cpu') return 'It runs on the CPU.';
  const { vendor, architecture, description } = caps?.adapter ?? {};
  const name = [vendor, architecture].filter(Boolean).join(' ') || description;
  return `It runs on WebGPU${name ? ` (${name})` : ''}.`;
}

function offerCpu(): void {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Run on the CPU instead';
  button.addEventListener('click', () => void start('cpu'));
  status.replaceChildren('This browser offers no WebGPU adapter. ', button);
}

/** Answers the drawing as it is now; while one answer is computed, at most one more waits. */
async function answer(): Promise<void> {
  if (!session) return;
  if (running) {
    again = true;
    return;
  }
  running = true;
  do {
    again = false;
    await answerOnce(session);
  } while (again);
  running = false;
}

async function answerOnce(network: InferenceSession): Promise<void> {
  const { data } = ink.getImageData(0, 0, pad.width, pad.height);
  const values = Float32Array.from(
    { length: pad.width * pad.height },
    (_, at) => data[at * 4] ?? 0,
  );
  const image = centredDigit(values, pad.width, pad.height);
  show(image);
  if (!image) {
    digit.textContent = '\u00a0';
    status.textContent = `Ready. ${describeBackend(network)}`;
    for (const row of rows) row.show(0, false);
    return;
  }
  const begin = performance.now();
  const input = new Tensor('float32', image as Float32Array<ArrayBuffer>, [1, 1, side, side]);
  const outputs = await network.run({ [network.inputNames[0] as string]: input });
  const milliseconds = performance.now() - begin;
  const output = outputs[network.outputNames[0] as string] as TensorType;
  const probabilities = Array.from(output.data as Float32Array);
  const best = probabilities.indexOf(Math.max(...probabilities));
  digit.textContent = String(best);
  for (const [value, row] of rows.entries()) row.show(probabilities[value] ?? 0, value === best);
  status.textContent = `${milliseconds.toFixed(1)} ms. ${describeBackend(network)}`;
}

function show(image: Float32Array | undefined): void {
  const context = seen.getContext('2d') as CanvasRenderingContext2D;
  const pixels = context.createImageData(side, side);
  for (let at = 0; at < side * side; at++) {
    pixels.data.fill(Math.round((image?.[at] ?? 0) * 255), at * 4, at * 4 + 3);
    pixels.data[at * 4 + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

function drawingTools(): void {
  const at = (event: PointerEvent): [number, number] => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    return [
      ((event.clientX - left) * pad.width) / width,
      ((event.clientY - top) * pad.height) / height,
    ];
  };
  let last: [number, number] | undefined;
  const stroke = (event: PointerEvent) => {
    if (!last) return;
    const next = at(event);
    ink.strokeStyle = '#fff';
    ink.lineWidth = Number(thickness.value);
    ink.lineCap = 'round';
    ink.lineJoin = 'round';
    ink.beginPath();
    ink.moveTo(...last);
    ink.lineTo(...next);
    ink.stroke();
    last = next;
    void answer();
  };
  pad.addEventListener('pointerdown', (event) => {
    pad.setPointerCapture(event.pointerId);
    last = at(event);
    stroke(event);
  });
  pad.addEventListener('pointermove', stroke);
  for (const end of ['pointerup', 'pointercancel'] as const) {
    pad.addEventListener(end, () => {
      last = undefined;
    });
  }
  element('clear').addEventListener('click', clear);
  pad.addEventListener('keydown', (event) => {
    if (event.key === 'Delete' || event.key === 'Backspace') clear();
    const sample = samples.get(event.key);
    if (sample) void load(sample);
  });
  clear();
}

function clear(): void {
  ink.fillStyle = '#000';
  ink.fillRect(0, 0, pad.width, pad.height);
  void answer();
}

function addSamples(): void {
  for (const [label, url] of samples) {
    const button = document.createElement('button');
    button.type = 'button';
    button.title = `a handwritten ${label}`;
    const image = document.createElement('img');
    image.src = url;
    image.alt = `a handwritten ${label}`;
    button.append(image);
    button.addEventListener('click', () => void load(url));
    element('samples').append(button);
  }
}

async function load(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await image.decode();
  clear();
  ink.drawImage(image, 0, 0, pad.width, pad.height);
  await answer();
}

function addBar(value: number) {
  const row = document.createElement('li');
  const label = document.createElement('span');
  label.textContent = String(value);
  const track = document.createElement('span');
  track.className = 'track';
  const fill = document.createElement('div');
  fill.className = 'fill';
  track.append(fill);
  const share = document.createElement('span');
  share.className = 'share';
  row.append(label, track, share);
  bars.append(row);
  return {
    show(probability: number, isBest: boolean) {
      fill.style.width = `${probability * 100}%`;
      share.textContent = `${(probability * 100).toFixed(1)} %`;
      row.classList.toggle('best', isBest);
    },
  };
}

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}
