/** What `import … from 'wgconv/worker'` gives a page: sessions that compute in a worker. */

export { startWorker } from './start-worker.ts';
export {
  type FeedOptions,
  type WorkerActivationOptions,
  type WorkerProfileOptions,
  type WorkerRunOptions,
  WorkerSession,
  type WorkerSessionOptions,
  type WorkerVerifyOptions,
} from './worker-session.ts';
