/** Destroys the GPU device at a chosen moment: at the nth call of a method of WebGPU. */

export type Moment = 'before' | 'after' | 'soon';

const classes = () => [GPUDevice, GPUQueue, GPUBuffer, GPUCommandEncoder] as const;

export type WebGpuMethod =
  | 'createBuffer'
  | 'createBindGroup'
  | 'createShaderModule'
  | 'createComputePipelineAsync'
  | 'createCommandEncoder'
  | 'pushErrorScope'
  | 'popErrorScope'
  | 'submit'
  | 'writeBuffer'
  | 'onSubmittedWorkDone'
  | 'mapAsync'
  | 'finish';

const methods: readonly WebGpuMethod[] = [
  ...(['createBuffer', 'createBindGroup', 'createShaderModule'] as const),
  ...(['createComputePipelineAsync', 'createCommandEncoder'] as const),
  ...(['pushErrorScope', 'popErrorScope', 'submit', 'writeBuffer'] as const),
  ...(['onSubmittedWorkDone', 'mapAsync', 'finish'] as const),
];

/** Sees every call of WebGPU and every device, until `restore`. */
export class Destroyer {
  /** Calls since the last `arm` or `count`, of the methods looked for. */
  calls = 0;
  /** The latest device. */
  device: GPUDevice | undefined;
  /** Resolves when the device that this destroyed is lost; undefined before. */
  lost: Promise<unknown> | undefined;
  /** Devices that were requested. */
  requested = 0;
  #wanted: readonly WebGpuMethod[] = methods;
  #at = Number.POSITIVE_INFINITY;
  #moment: Moment = 'before';
  readonly #undo: (() => void)[] = [];

  constructor() {
    for (const prototype of classes().map((type) => type.prototype as object)) {
      for (const name of methods) {
        if (!Object.hasOwn(prototype, name)) continue;
        this.#wrap(prototype, name, (call) => this.#watched(name, call));
      }
    }
    this.#wrap(GPUAdapter.prototype, 'requestDevice', async (call) => {
      const device = (await call()) as GPUDevice;
      this.requested++;
      this.device = device;
      return device;
    });
  }

  /** Starts to count calls of these methods. */
  count(wanted: readonly WebGpuMethod[] = methods): void {
    this.arm(Number.POSITIVE_INFINITY, 'before', wanted);
  }

  /** Destroys the latest device at the nth call from now on, from 0. */
  arm(nth: number, moment: Moment, wanted: readonly WebGpuMethod[] = methods): void {
    this.calls = 0;
    this.lost = undefined;
    this.#at = nth;
    this.#moment = moment;
    this.#wanted = wanted;
  }

  /** Destroys it now, or so many milliseconds later. */
  fire(delay = 0): void {
    const { device } = this;
    this.#at = Number.POSITIVE_INFINITY;
    this.lost = device?.lost;
    if (delay > 0) setTimeout(() => device?.destroy(), delay);
    else device?.destroy();
  }

  restore(): void {
    for (const undo of this.#undo) undo();
  }

  #watched(name: WebGpuMethod, call: () => unknown): unknown {
    const isIt = this.#wanted.includes(name) && this.calls++ === this.#at;
    if (isIt && this.#moment === 'before') this.fire();
    const result = call();
    if (isIt && this.#moment === 'after') this.fire();
    if (isIt && this.#moment === 'soon') this.fire(1);
    return result;
  }

  #wrap(prototype: object, name: string, around: (call: () => unknown) => unknown): void {
    const target = prototype as Record<string, (...given: unknown[]) => unknown>;
    const original = target[name] as (...given: unknown[]) => unknown;
    target[name] = function (this: unknown, ...given: unknown[]) {
      return around(() => original.apply(this, given));
    };
    this.#undo.push(() => {
      target[name] = original;
    });
  }
}

/** What became of a promise; it has two seconds. */
export async function outcome<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  let late: ReturnType<typeof setTimeout> | undefined;
  const settled = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error('not settled after 2 s')), 2000);
  });
  return Promise.race([settled, timeout]).finally(() => clearTimeout(late));
}
