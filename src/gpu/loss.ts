/** Notices that a device goes away, and rejects what waits for it. */

import { DeviceLostError, WgconvError } from '../core/errors.ts';

/** A lifetime: as long as its device. */
export class DeviceLoss {
  readonly #isOwned: boolean;
  readonly #waiting = new Set<(error: DeviceLostError) => void>();
  #reason: string | undefined;

  private constructor(device: GPUDevice, isOwned: boolean) {
    this.#isOwned = isOwned;
    device.lost.then(({ message, reason }) => {
      this.#reason = message || reason;
      hasLostOne = true;
      for (const reject of this.#waiting) reject(this.#error());
    });
  }

  /** @param isOwned wgconv's own device, which it can replace; who asks first says so */
  static of(device: GPUDevice, isOwned = false): DeviceLoss {
    let found = losses.get(device);
    if (!found) {
      found = new DeviceLoss(device, isOwned);
      losses.set(device, found);
    }
    return found;
  }

  /** Whether the buffer is one of those that went with their device. */
  static hasTaken(buffer: GPUBuffer): boolean {
    return !!owners.get(buffer)?.isLost;
  }

  /** Whether this page has lost a device: then the next one may take a moment to come. */
  static get hasLostOne(): boolean {
    return hasLostOne;
  }

  get isLost(): boolean {
    return this.#reason !== undefined;
  }

  /** The buffer lives on this device: WebGPU itself does not tell. */
  takes(buffer: GPUBuffer): void {
    owners.set(buffer, this);
  }

  /** @throws DeviceLostError */
  throwIfLost(): void {
    if (this.isLost) throw this.#error();
  }

  /**
   * Settles as `promise` does, or rejects with `DeviceLostError` when the device goes first: then
   * WebGPU may resolve, reject or forget what waits for it.
   * @param grace milliseconds for the device to be lost in after WebGPU has rejected `promise`
   */
  race<T>(promise: Promise<T>, grace = 200): Promise<T> {
    // `Promise.race` with `device.lost` would keep every promise as long as the device lives.
    return new Promise((resolve, reject) => {
      if (this.isLost) reject(this.#error());
      this.#waiting.add(reject);
      promise
        .catch(async (error: unknown) => {
          if (grace && !(error instanceof WgconvError)) {
            await new Promise((wait) => setTimeout(wait, grace));
          }
          throw error;
        })
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  #error(): DeviceLostError {
    return new DeviceLostError(this.#reason ?? '', this.#isOwned);
  }
}

const losses = new WeakMap<GPUDevice, DeviceLoss>();
const owners = new WeakMap<GPUBuffer, DeviceLoss>();
let hasLostOne = false;
