/** DeformConv's attributes, and its sizes brought to three axes. */

import { resolveWindow, type Three, threeAxes, type WindowAttributes } from '../window.ts';

export interface DeformConvAttributes extends WindowAttributes {
  readonly group: number;
  readonly offsetGroups: number;
}

export interface DeformConvGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inPerGroup: number;
  readonly outPerGroup: number;
  /** Input channels of each offset group. */
  readonly inPerOffset: number;
  /** Spatial axes that there are. */
  readonly axes: number;
  readonly size: Three;
  readonly outSize: Three;
  readonly kernel: Three;
  readonly strides: Three;
  readonly dilations: Three;
  readonly padBegin: Three;
}

export function deformConvGeometry(
  x: readonly number[],
  weight: readonly number[],
  y: readonly number[],
  attributes: DeformConvAttributes,
): DeformConvGeometry {
  const [batch = 1, inChannels = 1, ...size] = x;
  const [outChannels = 1, inPerGroup = 1, ...kernel] = weight;
  const window = resolveWindow(size, kernel, attributes);
  return {
    ...{ batch, inChannels, outChannels, inPerGroup, axes: size.length },
    outPerGroup: outChannels / attributes.group,
    inPerOffset: inChannels / attributes.offsetGroups,
    size: threeAxes(size, 1),
    outSize: threeAxes(y.slice(2), 1),
    kernel: threeAxes(kernel, 1),
    strides: threeAxes(window.strides, 1),
    dilations: threeAxes(window.dilations, 1),
    padBegin: threeAxes(window.padBegin, 0),
  };
}
