/** Layers of two or more tensors: element by element, or side by side. */

import { axisIn, axisOf } from './axis.ts';
import type { LayerEmitter, Order, Value } from './emitter.ts';
import type { Fail, Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';
import { formatShape, type Shape } from './shape.ts';

/** Broadcasting of sizes; a size that is not known stays so unless the other one decides. */
function broadcast(a: Shape, b: Shape, fail: Fail): Shape {
  if (a.length !== b.length) {
    return fail(`its inputs have different ranks: ${formatShape(a)} and ${formatShape(b)}`);
  }
  return a.map((size, axis) => {
    const other = b[axis] ?? null;
    if (size === other || other === 1) return size;
    if (size === 1 || size === null) return other;
    if (other === null) return size;
    return fail(`its inputs do not fit together: ${formatShape(a)} and ${formatShape(b)}`);
  });
}

/** The order in which most is there already and all can be. */
function commonOrder(inputs: readonly Value[]): Order {
  const [one] = inputs;
  if (!one) return 'last';
  if (one.shape.length === 3)
    return inputs.some(({ order }) => order === 'first') ? 'first' : 'last';
  const alike = inputs.every(({ image }) => image && String(image) === String(one.image));
  return alike ? 'first' : 'last';
}

/** `make` combines the values from the left; `finish` sees their number. */
function elementwise(
  className: string,
  defaultName: string,
  make: (emitter: LayerEmitter, names: readonly string[]) => string,
  most = Infinity,
) {
  return (options: LayerOptions = {}): Layer => {
    const kind = { className, defaultName, merges: true };
    new OptionReader(kind, options, {});
    return makeLayer(
      {
        ...kind,
        build(inputs, fail) {
          if (inputs.length > most) fail(`it takes ${most} inputs, not ${inputs.length}`);
          const shape = inputs.reduce<Shape>((all, one) => broadcast(all, one, fail), inputs[0]);
          return {
            shape,
            emit(emitter, values) {
              const order = commonOrder(values);
              const name = make(
                emitter,
                values.map((value) => emitter.in(order, value)),
              );
              return emitter.value(shape, order, name, values[0].image);
            },
          };
        },
      },
      options,
    );
  };
}

const fromTheLeft =
  (op: string) =>
  (emitter: LayerEmitter, names: readonly string[]): string =>
    names.reduce((sum, name) => emitter.node(op, [sum, name]));

const all =
  (op: string) =>
  (emitter: LayerEmitter, names: readonly string[]): string =>
    emitter.node(op, names);

export const add = elementwise('Add', 'add', fromTheLeft('Add'));
export const subtract = elementwise('Subtract', 'subtract', fromTheLeft('Sub'), 2);
export const multiply = elementwise('Multiply', 'multiply', fromTheLeft('Mul'));
export const average = elementwise('Average', 'average', all('Mean'));
export const maximum = elementwise('Maximum', 'maximum', all('Max'));
export const minimum = elementwise('Minimum', 'minimum', all('Min'));

export interface ConcatenateOptions extends LayerOptions {
  /** Counted with the batch; the last one (-1) by default. */
  readonly axis?: number | undefined;
}

export function concatenate(options: ConcatenateOptions = {}): Layer {
  const kind = { className: 'Concatenate', defaultName: 'concatenate', merges: true };
  new OptionReader(kind, options, { axis: true });
  const { axis = -1 } = options;
  return makeLayer(
    {
      ...kind,
      build(inputs, fail) {
        const [one] = inputs;
        const at = axisOf(axis, one, fail);
        const along = inputs.map((shape) => shape[at - 1] ?? null);
        const sum = along.reduce((a, b) => (a === null || b === null ? null : a + b));
        const others = inputs.map((shape) => shape.toSpliced(at - 1, 1, 1));
        const shape = others.slice(1).reduce<Shape>((all, other) => {
          const differs = other.some(
            (size, i) => size !== null && all[i] !== null && size !== all[i],
          );
          if (differs || other.length !== all.length) {
            fail(
              `its inputs may differ along axis ${axis} only, not ${inputs.map(formatShape).join(' and ')}`,
            );
          }
          return all.map((size, i) => size ?? other[i] ?? null);
        }, others[0] as Shape);
        const result = shape.with(at - 1, sum);
        return {
          shape: result,
          emit(emitter, values) {
            const order = one.length === 3 ? commonOrder(values) : 'last';
            const names = values.map((value) => emitter.in(order, value));
            const axis = axisIn({ order, shape: result }, at);
            return emitter.value(result, order, emitter.node('Concat', names, { axis }));
          },
        };
      },
    },
    options,
  );
}
