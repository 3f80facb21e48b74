// Rolls out every Deployment: watches it, its ReplicaSets and their pods, and carries out what plan.ts says.

import {
  controllerOf,
  type Deployment,
  deployments,
  ignoreNotFound,
  isAlreadyExists,
  matchesSelector,
  type ReplicaSet,
  replicaSets,
} from '#api/index.ts';
import { keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { claim, controllerReference, settle } from '../ownership.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { type Action, plan } from './plan.ts';
import { sameStatus } from './status.ts';
import { findNew } from './template.ts';

type Parts = ControllerParts<'deployments' | 'pods' | 'replicaSets'>;

export function runDeployments(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'deployment-controller');
  const { informers, signal, log } = parts;
  const queue = new WorkQueue();
  informers.deployments.onChange(({ object }) => queue.add(keyOf(object)));
  const onReplicaSet = (object: ReplicaSet): void => {
    const { namespace, labels } = object.metadata;
    const controller = controllerOf(object);
    if (controller?.kind === 'Deployment') queue.add(`${namespace}/${controller.name}`);
    if (controller) return;
    const candidates = informers.deployments.list(namespace);
    for (const one of candidates) if (matchesSelector(one.spec.selector, labels)) queue.add(keyOf(one));
  };
  informers.replicaSets.onChange(({ object, old }) => {
    onReplicaSet(object);
    if (old && controllerOf(old)?.uid !== controllerOf(object)?.uid) onReplicaSet(old);
  });
  // Recreate waits for the last old pod to be gone.
  informers.pods.onChange(({ type, object }) => {
    const owner = type === 'deleted' ? controllerOf(object) : undefined;
    const replicaSet = owner && informers.replicaSets.get(owner.name, object.metadata.namespace);
    if (replicaSet) onReplicaSet(replicaSet);
  });
  const controller = new DeploymentController(parts, queue);
  return runWorkers(queue, { signal, workers: 8, log }, (key) => controller.reconcile(key));
}

class DeploymentController {
  readonly #parts: Parts;
  readonly #queue: WorkQueue;

  constructor(parts: Parts, queue: WorkQueue) {
    this.#parts = parts;
    this.#queue = queue;
  }

  async reconcile(key: string): Promise<void> {
    const { informers, clock } = this.#parts;
    const { namespace, name } = splitKey(key);
    const deployment = informers.deployments.get(name, namespace);
    if (!deployment) return;
    const { actions, status, recheckMs } = plan({
      deployment,
      replicaSets: await this.#claimReplicaSets(deployment),
      podsOf: ({ metadata }) => informers.pods.by('controller', metadata.uid ?? ''),
      now: clock.now(),
    });
    if (recheckMs !== undefined) this.#queue.addAfter(key, recheckMs);
    let current = deployment;
    for (const action of actions) current = await this.#apply(current, action);
    if (sameStatus(deployment.status, status)) return;
    await this.#parts.client.resource(deployments).updateStatus({ ...current, status });
  }

  async #claimReplicaSets(deployment: Deployment): Promise<ReplicaSet[]> {
    const { informers, client } = this.#parts;
    const { uid = '', namespace = '' } = deployment.metadata;
    const candidates = [
      ...informers.replicaSets.by('controller', uid),
      ...informers.replicaSets.by('orphans', namespace),
    ];
    const claimed = claim(deployment, candidates, ({ metadata }) =>
      matchesSelector(deployment.spec.selector, metadata.labels),
    );
    await settle(client.resource(replicaSets), claimed, controllerReference(deployment, deployments));
    return claimed.mine;
  }

  /** Returns the Deployment as it is then. */
  async #apply(deployment: Deployment, action: Action): Promise<Deployment> {
    const { client } = this.#parts;
    const { name = '', namespace } = deployment.metadata;
    switch (action.type) {
      case 'create':
        await this.#create(deployment, action.replicaSet);
        return deployment;
      case 'update':
        await client.resource(replicaSets).update(action.replicaSet);
        this.#tellScaled(deployment, action.replicaSet, action.from);
        return deployment;
      case 'delete': {
        const { metadata } = action.replicaSet;
        await client
          .resource(replicaSets)
          .delete(metadata.name ?? '', { namespace, uid: metadata.uid })
          .catch(ignoreNotFound);
        return deployment;
      }
      case 'annotate': {
        const patch = { metadata: { annotations: action.annotations } };
        // With the status, where annotations are no new generation.
        const options = { namespace, type: 'merge', subresource: 'status' } as const;
        return await client.resource(deployments).patch(name, patch, options);
      }
    }
  }

  async #create(deployment: Deployment, replicaSet: ReplicaSet): Promise<void> {
    try {
      await this.#parts.client.resource(replicaSets).create(replicaSet);
      this.#tellScaled(deployment, replicaSet, 0);
    } catch (error) {
      if (!isAlreadyExists(error)) {
        const message = `Failed to create new replica set "${replicaSet.metadata.name}": ${(error as Error).message}`;
        this.#parts.events.event(deployment, 'Warning', 'FailedCreate', message);
        throw error;
      }
      await this.#resolveCollision(deployment, replicaSet.metadata.name ?? '');
    }
  }

  /** The name is taken: by our own ReplicaSet, which the cache does not show yet, or by a stranger. */
  async #resolveCollision(deployment: Deployment, name: string): Promise<void> {
    const { client } = this.#parts;
    const existing = await client.resource(replicaSets).get(name, deployment.metadata.namespace);
    const isOurs = controllerOf(existing)?.uid === deployment.metadata.uid && findNew(deployment, [existing]);
    if (isOurs) return;
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    await client
      .resource(deployments)
      .updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } });
    throw new Error(`ReplicaSet "${name}" exists and is not of this Deployment; another name is taken`);
  }

  #tellScaled(deployment: Deployment, { metadata, spec }: ReplicaSet, from: number): void {
    const to = spec.replicas ?? 0;
    if (to === from) return;
    const direction = to > from ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${metadata.name} from ${from} to ${to}`;
    this.#parts.events.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
}
