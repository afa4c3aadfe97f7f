/** Pad: more (or with negative pads fewer) elements around a tensor, in four modes. */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups, wordOf } from '../../../shaders/lib/words.ts';
import { maxPadRank, type PadMode, pad as padKernel, padModes } from '../../../shaders/pad.ts';
import { runsPerInvocation } from '../../../shaders/strided_copy.ts';
import { type DataType, kindOf, numberToFloat16 } from '../../core/dtype.ts';
import { toReference } from '../../core/reference.ts';
import { formatDims, normaliseAxis, sizeOf } from '../../core/shape.ts';
import { addDims, integersAt, invalidShape, unknownDims } from '../dims.ts';
import { c4OrLinear, uniformChoice } from '../layouts.ts';
import { requireOneType } from '../one-type.ts';
import {
  type AttributeReader,
  type Candidate,
  type DeviceTensor,
  defineOperator,
  type HostValues,
} from '../operator.ts';
import { movement } from './candidate.ts';
import { wordGrid } from './copy.ts';
import { halves } from './loops.ts';

interface PadAttributes {
  readonly mode: PadMode;
  /** Where they are attributes (before opset 11). */
  readonly pads: readonly number[] | undefined;
  readonly value: number;
}

/** Elements added in front of and behind each axis. */
export interface AxisPads {
  readonly begin: number;
  readonly end: number;
}

function padMode(source: AttributeReader): PadMode {
  const name = source.string('mode', 'constant');
  return (
    padModes.find((mode) => mode === name) ??
    source.fail(`mode "${name}" of Pad is none of ${padModes.join(', ')}`)
  );
}

/** Undefined where the values are not known. */
function padsOf(
  rank: number,
  attributes: PadAttributes,
  known: HostValues,
  hasAxes: boolean,
): readonly AxisPads[] | undefined {
  const pads = integersAt(known, 1) ?? attributes.pads;
  const given = integersAt(known, 3);
  if (!pads || (hasAxes && !given)) return undefined;
  const axes = given ?? Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== axes.length * 2) {
    invalidShape(`Pad takes two pads for each of ${axes.length} axes, not ${pads.length}`);
  }
  const result = new Array<AxisPads>(rank).fill({ begin: 0, end: 0 });
  axes.forEach((axis, index) => {
    result[normaliseAxis(axis, rank)] = {
      begin: pads[index] ?? 0,
      end: pads[index + axes.length] ?? 0,
    };
  });
  return result;
}

/** The constant as a number (exact for every type that a device stores); undefined if not known. */
function constantOf(
  attributes: PadAttributes,
  known: HostValues,
  given: boolean,
): number | undefined {
  const tensor = known(2);
  if (!tensor) return given ? undefined : attributes.value;
  return Number(toReference(tensor).value[0] ?? 0);
}

/** Bits of the constant as a 32-bit word of the device; float16 twice. */
function constantBits(value: number, type: DataType, half: boolean): number {
  const view = new DataView(new ArrayBuffer(4));
  if (half) view.setUint32(0, numberToFloat16(value) * 0x10001);
  else if (kindOf(type) === 'float') view.setFloat32(0, value);
  else view.setUint32(0, value);
  return view.getUint32(0);
}

export const pad = defineOperator<PadAttributes>({
  type: 'Pad',
  arity: { inputs: [1, 4], outputs: [1, 1] },
  attributes: (source, opset) => ({
    mode: padMode(source),
    pads: source.ints(opset < 2 ? 'paddings' : 'pads'),
    value: source.float('value', 0),
  }),
  infer([x, _pads, value, axes], attributes, known) {
    if (!x) return [];
    requireOneType({ data: x, constant_value: value });
    const pads = padsOf(x.dims.length, attributes, known, axes !== undefined);
    if (!pads) {
      const dims = unknownDims(`Pad${formatDims(x.dims)}`, x.dims.length);
      return [{ type: x.type, dims }];
    }
    const dims = x.dims.map((dim, axis) => {
      const { begin = 0, end = 0 } = pads[axis] ?? {};
      const size = addDims([dim, begin + end]);
      const cropped = addDims([dim, Math.min(0, begin) + Math.min(0, end)]);
      if (typeof size === 'number' && typeof cropped === 'number') {
        const grows = begin > 0 || end > 0;
        if (cropped < 0 || (cropped === 0 && grows && attributes.mode !== 'constant')) {
          invalidShape(`pads ${begin}, ${end} leave nothing of an axis of ${dim} to extend`);
        }
      }
      return size;
    });
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: {
    hostInputs: [1, 2, 3],
    zeroPads({ attributes, constant, inputs: [x, , value, axes] }) {
      const pads = x && padsOf(x.dims.length, attributes, constant, axes !== undefined);
      const isZero = constantOf(attributes, constant, value !== undefined) === 0;
      if (!pads || attributes.mode !== 'constant' || !isZero) return undefined;
      const isOutside = pads.slice(0, 2).every(({ begin, end }) => begin === 0 && end === 0);
      if (!isOutside || pads.some(({ begin, end }) => begin < 0 || end < 0)) return undefined;
      const spatial = pads.slice(2);
      return [...spatial.map(({ begin }) => begin), ...spatial.map(({ end }) => end)];
    },
    layouts(facts) {
      const { attributes, constant, inputs } = facts;
      const [x, , value, axes] = inputs;
      const linear = [uniformChoice(facts, 'linear')];
      const pads = x && padsOf(x.dims.length, attributes, constant, axes !== undefined);
      const channels = pads?.[1];
      if (!x || channels?.begin !== 0 || channels.end !== 0) return linear;
      // A constant that is not zero would fill unused lanes too.
      const zero =
        attributes.mode !== 'constant' ||
        constantOf(attributes, constant, value !== undefined) === 0;
      const whole = typeof x.dims[1] === 'number' && x.dims[1] % 4 === 0;
      return zero || whole ? c4OrLinear(facts, [0]) : linear;
    },
  },
  reference: () => import('./reference.ts').then((m) => m.padReference),
  lower({ inputs: [x, , fill, axes], outputs, constant }, attributes) {
    const [result] = outputs;
    const pads = x && padsOf(x.dims.length, attributes, constant, axes !== undefined);
    const value = constantOf(attributes, constant, fill !== undefined);
    if (!x || !pads || !result || value === undefined) return [];
    return padCandidates(x, result, pads, attributes.mode, value);
  },
});

/** The way to extend (or with negative pads crop) `x` to `result`. */
export function padCandidates(
  x: DeviceTensor,
  result: DeviceTensor,
  pads: readonly AxisPads[],
  mode: PadMode,
  value: number,
): Candidate[] {
  const grid = wordGrid(x);
  const { wordBytes, dims } = mergeUnpadded(grid.dims, pads, grid.wordBytes);
  if (dims.length > maxPadRank) return [];
  let stride = sizeOf(dims.map((dim) => dim.size));
  let base = 0;
  const strided = dims.map((dim) => {
    stride /= Math.max(dim.size, 1);
    base += Math.max(0, -dim.begin) * stride;
    return { ...dim, stride };
  });
  const inner = strided.reverse().map(({ size, begin, end, stride: words }) => ({
    result: size + begin + end,
    size: size + Math.min(0, begin) + Math.min(0, end),
    begin: Math.max(0, begin),
    stride: words,
  }));
  const rowInvocations = Math.ceil((inner[0]?.result ?? 1) / runsPerInvocation);
  const count = rowInvocations * sizeOf(inner.slice(1).map((dim) => dim.result));
  const along = (field: 'result' | 'size' | 'begin' | 'stride') => inner.map((dim) => dim[field]);
  const step = dispatch(
    padKernel,
    { word: wordOf(wordBytes), mode, rank: inner.length },
    {
      ...halves('result', along('result'), 1),
      ...halves('sizes', along('size'), 1),
      ...halves('begin', along('begin')),
      ...halves('strides', along('stride')),
      count,
      rowInvocations,
      base,
      value: constantBits(value, x.type, x.element === 'f16'),
    },
    [input(0), output(0)],
    lineWorkgroups(count),
  );
  return [movement('pad', count === 0 ? [] : [step], [result])];
}

interface PadDim extends AxisPads {
  readonly size: number;
}

/**
 * Axes that are not padded join their outer neighbour's run; where the innermost run is not
 * padded at all, words grow as far as it allows.
 */
function mergeUnpadded(
  sizes: readonly number[],
  pads: readonly AxisPads[],
  wordBytes: number,
): { dims: PadDim[]; wordBytes: number } {
  const dims: PadDim[] = [];
  const plain = (dim: PadDim | undefined) => dim?.begin === 0 && dim.end === 0;
  sizes.forEach((size, axis) => {
    const dim = { size, begin: pads[axis]?.begin ?? 0, end: pads[axis]?.end ?? 0 };
    const outer = dims.at(-1);
    if (outer && plain(outer) && plain(dim)) {
      dims[dims.length - 1] = { ...dim, size: outer.size * size };
    } else {
      dims.push(dim);
    }
  });
  let bytes = wordBytes;
  let last = dims.at(-1);
  while (last && plain(last) && bytes < 16 && last.size % 2 === 0) {
    last = { ...last, size: last.size / 2 };
    dims[dims.length - 1] = last;
    bytes *= 2;
  }
  return { dims: dims.length > 0 ? dims : [{ size: 1, begin: 0, end: 0 }], wordBytes: bytes };
}
