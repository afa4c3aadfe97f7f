/** What `import … from 'wgconv'` gives a page. */

export type { DataType } from './core/dtype.ts';
export { DeviceLostError, type ErrorCode, WgconvError } from './core/errors.ts';
export type { Dim, TensorType } from './core/shape.ts';
export { type HostTensor, Tensor } from './core/tensor.ts';
export { version } from './core/version.ts';
export type { BytesRead } from './formats/bytes-read.ts';
export type { ExternalData } from './formats/files-beside.ts';
export type { CacheOptions } from './formats/model-cache.ts';
export type { DeviceCaps } from './gpu/caps.ts';
export { type GpuMemory, gpuMemory } from './gpu/memory.ts';
export type { DeviceOptions } from './gpu/request-device.ts';
export type { Graph, Node, ValueInfo } from './graph/graph.ts';
export type { ActivationOptions } from './session/activations.ts';
export type { Progress, RunOptions, WorkDone } from './session/backend.ts';
export type { FeedsObject } from './session/check-feeds.ts';
export type { ModelSource } from './session/load-model.ts';
export type { Loading } from './session/loading.ts';
export type { SessionOptions } from './session/options.ts';
export type { Profile, ProfileOptions } from './session/profile/index.ts';
export type { NodeProfile, ProfileData } from './session/profile/times.ts';
export type { Trace, TraceEvent } from './session/profile/trace.ts';
export type { LeftOutNode, NodeReport, SessionReport } from './session/report.ts';
export { InferenceSession, type PrepareOptions } from './session/session.ts';
export type {
  TimedCandidate,
  TunedProblem,
  Tuning,
  TuningStore,
} from './session/tune/tuning.ts';
export type { NodeCheck, VerifyOptions, VerifyReport } from './session/verify.ts';
