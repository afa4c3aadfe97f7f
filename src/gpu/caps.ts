/** What a device can do, as plain data that lowering, the cost model and reports read. */

export interface DeviceCaps {
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
  /** Runs on the CPU (SwiftShader, llvmpipe, lavapipe): no real workgroup memory, no fast barrier. */
  readonly software: boolean;
  /** The device has `shader-f16` and stores float16 tensors as such. */
  readonly f16: boolean;
  readonly timestamps: boolean;
  /** The device has `subgroups`, of whatever size. */
  readonly subgroups: boolean;
  /**
   * Elements of which subgroups multiply 8×8 matrices into f32 ones (Chrome's experimental
   * feature); none unless the caller asked for it.
   */
  readonly subgroupMatrix: readonly ('f32' | 'f16')[];
  /** WGSL has `packed_4x8_integer_dot_product`: products of four bytes in a word. */
  readonly packedDot: boolean;
  /** Subgroup size where it is one fixed number, else 0. */
  readonly subgroupSize: number;
  readonly limits: {
    readonly storageBuffersPerStage: number;
    readonly invocationsPerWorkgroup: number;
    readonly workgroupBytes: number;
    readonly storageBindingBytes: number;
    readonly bufferBytes: number;
    readonly workgroupsPerDimension: number;
    /**
     * How often the loops of one invocation may turn, all together: llvmpipe leaves them silently
     * after 65,535 (LP_MAX_TGSI_LOOP_ITERATIONS). Probed once; 2³² − 1 where there is no such end.
     */
    readonly loopIterations: number;
  };
  /** Measured, or assumed from the kind of adapter until it is measured. */
  readonly ceiling: {
    /** Multiply-adds per second, in units of 10^9, one multiply-add counted as two operations. */
    readonly gflops: number;
    /** Bytes per second read plus written by a copy, in units of 10^9. */
    readonly gbps: number;
    /** Seconds that one more dispatch costs. */
    readonly dispatchSeconds: number;
    /** Invocations that must be in flight before the device is full. */
    readonly parallelism: number;
  };
  /** NaN survives arithmetic, min/max and select, as the kernels write them; probed once. */
  readonly keepsNaN: boolean;
}

/** The smallest device that WebGPU's compatibility mode allows, for tests and for planning ahead. */
export const compatibilityCaps: DeviceCaps = {
  adapter: { vendor: '', architecture: '', device: '', description: 'compatibility limits' },
  software: false,
  f16: false,
  timestamps: false,
  subgroups: false,
  subgroupMatrix: [],
  packedDot: false,
  subgroupSize: 0,
  limits: {
    storageBuffersPerStage: 8,
    invocationsPerWorkgroup: 128,
    workgroupBytes: 16384,
    storageBindingBytes: 134217728,
    bufferBytes: 268435456,
    workgroupsPerDimension: 65535,
    loopIterations: 65535,
  },
  ceiling: { gflops: 500, gbps: 50, dispatchSeconds: 5e-6, parallelism: 8192 },
  keepsNaN: true,
};
