// A cluster in one process for the tests of this folder: all controllers and the scheduler against our own API server on
// the memory store. The only thing that is played here is the kubelet: pods that have a node get an address and become
// ready, deleted ones end at once.

import assert from 'node:assert/strict';
import { type Deployment, isNotFound, type KubeObject, nodes, pods } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, Informer, type Resource } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { startScheduler } from '#scheduler/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { startControllers } from './index.ts';

export const log = createLogger('test', 'error');
const timestamp = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

export async function startCluster(options: { nodeMonitorGracePeriodMs?: number } = {}) {
  const stop = new AbortController();
  const { signal } = stop;
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  for (const name of ['n1', 'n2']) await addNode(client, name);
  await startControllers({ client, log }, { signal, missingNodeGracePeriodMs: 50, ...options });
  await startScheduler({ client, log }, { signal });
  playKubelet(client, signal);
  const close = async () => {
    stop.abort();
    await server.close();
  };
  return { server, client, signal, close };
}

async function addNode(client: Client, name: string): Promise<void> {
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
  const node = await client.resource(nodes).create({ metadata: { name }, spec: {} });
  await client.resource(nodes).updateStatus({ ...node, status: { conditions } });
}

function playKubelet(client: Client, signal: AbortSignal): void {
  const resource = client.resource(pods);
  const informer = new Informer(resource, { log });
  let address = 0;
  const ignoreGone = (error: unknown) => assert.ok(isNotFound(error) || signal.aborted, String(error));
  informer.onChange(({ type, object: pod }) => {
    const { name = '', namespace } = pod.metadata;
    if (type === 'deleted' || !pod.spec.nodeName || pod.metadata.annotations?.kubelet === 'dead') return;
    if (pod.metadata.deletionTimestamp) {
      resource.delete(name, { namespace, gracePeriodSeconds: 0 }).catch(ignoreGone);
    } else if (!pod.status?.podIP) {
      address += 1;
      const podIP = `10.244.${address >> 8}.${address & 255}`;
      const isReady = pod.spec.containers[0]?.image !== 'broken';
      const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: timestamp() }];
      const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
      resource.patch(name, { status }, { namespace, type: 'strategic', subresource: 'status' }).catch(ignoreGone);
    }
  });
  informer.start(signal);
}

/** Resolves when the collection is as wanted; what it was at last is in the error otherwise. */
export async function until<T extends KubeObject>(
  resource: Resource<T>,
  namespace: string | undefined,
  isSo: (objects: T[]) => boolean,
): Promise<T[]> {
  const informer = new Informer(resource, { namespace, log });
  const stop = AbortSignal.timeout(10_000);
  const end = new AbortController();
  const reached = Promise.withResolvers<T[]>();
  const look = () => {
    if (informer.hasSynced && isSo(informer.list())) reached.resolve(informer.list());
  };
  stop.addEventListener('abort', () => {
    reached.reject(
      new Error(`${resource.ref.resource} did not come to it: ${JSON.stringify(informer.list(), null, 1)}`),
    );
  });
  informer.onChange(look);
  informer.start(end.signal);
  await informer.synced();
  look();
  try {
    return await reached.promise;
  } finally {
    end.abort();
  }
}

export const web = (replicas: number, image = 'one'): Deployment => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } },
  },
});
export const isRolledOut = ({ metadata, spec, status }: Deployment): boolean =>
  status?.observedGeneration === metadata.generation &&
  (status?.availableReplicas ?? 0) === spec.replicas &&
  (status?.updatedReplicas ?? 0) === spec.replicas &&
  (status?.replicas ?? 0) === spec.replicas;
