/**
 * Keras's layer classes as layers of wgconv. What only training uses (initialisers, regularisers,
 * constraints) is left out of a layer's options; everything else that would change its values and is
 * not supported is refused.
 */

import { WgconvError } from '../../core/errors.ts';
import * as layers from '../../layers/index.ts';
import { isObject, type JsonObject } from './model-json.ts';

type Layer = layers.Layer;

/** A layer from the options that a model has for it. */
export type MakeLayer = (options: JsonObject) => Layer;

/** A class whose options are called as those of wgconv's layer; others are left out. */
function plain<M extends (options: never) => Layer>(
  make: M,
  ...names: readonly (keyof NonNullable<Parameters<M>[0]> & string)[]
): MakeLayer {
  return (options) => make(pick(options, names) as never);
}

/** The options that are said; null is as good as left out. */
function pick(options: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    ['name', ...names].flatMap((name) => {
      const value = plainValue(name, options[name]);
      return value === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

function plainValue(name: string, value: unknown): unknown {
  if (name === 'activation') return activationName(value);
  // Numbers of numpy, as early versions of Keras wrote them.
  if (isObject(value) && 'value' in value) return value.value;
  // An axis is a list in tf.keras, whose layers could have several.
  if (name === 'axis' && Array.isArray(value) && value.length === 1) return value[0];
  return value;
}

/** `hard_sigmoid` is hardSigmoid; functions may be wrapped: `{ class_name: 'function', config }`. */
function activationName(activation: unknown): unknown {
  const value =
    isObject(activation) && typeof activation.config === 'string' ? activation.config : activation;
  if (typeof value !== 'string' || isActivation(value)) return value;
  const name = value.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return name === 'silu' ? 'swish' : name;
}

function isActivation(name: string): boolean {
  return (layers.activationNames as readonly string[]).includes(name);
}

const windowed = [
  ...(['kernelSize', 'strides', 'padding', 'dilationRate'] as const),
  ...(['activation', 'useBias'] as const),
] as const;
const pooled = ['poolSize', 'strides', 'padding'] as const;

/** What changes nothing but in training. */
const identity: MakeLayer = ({ name }) => layers.dropout({ ...named(name), rate: 0 });

const batchNormalization = plain(
  layers.batchNormalization,
  ...(['axis', 'epsilon', 'center', 'scale'] as const),
);

const classes: Readonly<Record<string, MakeLayer>> = {
  Conv2D: plain(layers.conv2d, 'filters', 'groups', ...windowed),
  DepthwiseConv2D: plain(layers.depthwiseConv2d, 'depthMultiplier', ...windowed),
  SeparableConv2D: plain(layers.separableConv2d, 'filters', 'depthMultiplier', ...windowed),
  Conv2DTranspose: plain(layers.conv2dTranspose, 'filters', 'outputPadding', ...windowed),
  MaxPooling2D: plain(layers.maxPooling2d, ...pooled),
  AveragePooling2D: plain(layers.averagePooling2d, ...pooled),
  GlobalMaxPooling2D: globalPool(layers.globalMaxPooling2d),
  GlobalAveragePooling2D: globalPool(layers.globalAveragePooling2d),
  ZeroPadding2D: plain(layers.zeroPadding2d, 'padding'),
  Cropping2D: plain(layers.cropping2d, 'cropping'),
  UpSampling2D: plain(layers.upSampling2d, 'size', 'interpolation'),
  Dense: plain(layers.dense, 'units', 'activation', 'useBias'),
  Flatten: plain(layers.flatten),
  Reshape: plain(layers.reshape, 'targetShape'),
  Permute: plain(layers.permute, 'dims'),
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  SyncBatchNormalization: batchNormalization,
  Activation: plain(layers.activation, 'activation'),
  Softmax: plain(layers.softmax, 'axis'),
  ReLU: reLU,
  LeakyReLU: (options) =>
    layers.leakyReLU(
      pick({ ...options, alpha: options.alpha ?? options.negativeSlope }, ['alpha']),
    ),
  ELU: plain(layers.elu, 'alpha'),
  PReLU: plain(layers.prelu, 'sharedAxes'),
  ThresholdedReLU: plain(layers.thresholdedReLU, 'theta'),
  Add: plain(layers.add),
  Subtract: plain(layers.subtract),
  Multiply: plain(layers.multiply),
  Average: plain(layers.average),
  Maximum: plain(layers.maximum),
  Minimum: plain(layers.minimum),
  Concatenate: plain(layers.concatenate, 'axis'),
  ...{
    Dropout: identity,
    SpatialDropout1D: identity,
    SpatialDropout2D: identity,
    AlphaDropout: identity,
  },
  ...{ GaussianNoise: identity, GaussianDropout: identity, ActivityRegularization: identity },
  ...{ RandomFlip: identity, RandomRotation: identity, RandomZoom: identity },
  ...{ RandomTranslation: identity, RandomContrast: identity, RandomBrightness: identity },
};

/** Undefined for a class that wgconv does not have. */
export function layerClass(className: string): MakeLayer | undefined {
  return Object.hasOwn(classes, className) ? classes[className] : undefined;
}

/** @throws WgconvError `unsupported-operator`, or what the layer says of its options */
export function makeLayer(make: MakeLayer, className: string, options: JsonObject): Layer {
  const { name, dataFormat } = options;
  if (typeof dataFormat === 'string' && /^channels_?first$/i.test(dataFormat)) {
    refuse(
      name,
      className,
      'its images have the channels first; save the model with channels_last',
    );
  }
  return make(options);
}

function globalPool(make: (options: layers.GlobalPooling2dOptions) => Layer): MakeLayer {
  return ({ name, keepDims, keepdims = keepDims }) =>
    make({ ...named(name), keepDims: keepdims === true });
}

/** Keras's has a slope below and a threshold, which are layers of their own here. */
function reLU(options: JsonObject): Layer {
  const { name, maxValue = null, negativeSlope, threshold } = options;
  const slope = plainValue('negativeSlope', negativeSlope) || 0;
  const theta = plainValue('threshold', threshold) || 0;
  if (slope === 0 && theta === 0) return layers.reLU(pick(options, ['maxValue']));
  if (maxValue === null && theta === 0) {
    return layers.leakyReLU({ ...named(name), alpha: slope as number });
  }
  if (maxValue === null && slope === 0) {
    return layers.thresholdedReLU({ ...named(name), theta: theta as number });
  }
  return refuse(name, 'ReLU', 'of max_value, negative_slope and threshold it may have one only');
}

function named(name: unknown): { name?: string } {
  return typeof name === 'string' ? { name } : {};
}

function refuse(name: unknown, className: string, message: string): never {
  throw new WgconvError('unsupported-operator', `the layer "${name}" (${className}): ${message}`, {
    data: { unsupported: [{ operator: className, node: name, reason: message }] },
  });
}
