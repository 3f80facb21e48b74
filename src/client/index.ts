// The door of the client: everything that a part of the system needs to talk to an API server.

export type { Backoff } from './backoff.ts';
export {
  Client,
  type DeleteRequest,
  type ListOptions,
  type PatchOptions,
  type Resource,
  type WatchOptions,
} from './client.ts';
export { connect, connectTo } from './connect.ts';
export { EventRecorder } from './event-recorder.ts';
export { inClusterConfig } from './in-cluster.ts';
export { type Change, Informer, type InformerOptions, keyOf, splitKey } from './informer.ts';
export { type Kubeconfig, loadKubeconfig } from './kubeconfig.ts';
export { type LeaderElectionOptions, runAsLeader } from './leader-election.ts';
export { type OwnNode, OwnNodeFollower } from './own-node.ts';
export { type Mirror, reflect, type Selection } from './reflector.ts';
export { type Rate, TokenBucket } from './token-bucket.ts';
export { runWorkers, type WorkerOptions, WorkQueue } from './work-queue.ts';
