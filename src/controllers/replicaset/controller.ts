// Keeps the pods of every ReplicaSet at its number of replicas.

import { controllerOf, isNotFound, matchesSelector, type Pod, pods, type ReplicaSet, replicaSets } from '#api/index.ts';
import { type Change, keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { Expectations } from '../expectations.ts';
import { claim, controllerReference, settle } from '../ownership.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { type Failure, isActive, planReplicas, planStatus, type Replicas, sameStatus } from './plan.ts';

type Parts = ControllerParts<'pods' | 'replicaSets'>;

export function runReplicaSets(shared: Parts): Promise<void> {
  const parts = partsFor(shared, 'replicaset-controller');
  const { informers, signal, log } = parts;
  const queue = new WorkQueue();
  const expectations = new Expectations();
  informers.replicaSets.onChange(({ type, object }) => {
    if (type === 'deleted') expectations.forget(keyOf(object));
    queue.add(keyOf(object));
  });
  informers.pods.onChange((change) => onPod(change, parts, queue, expectations));
  const controller = new ReplicaSetController(parts, queue, expectations);
  return runWorkers(queue, { signal, workers: 8, log }, (key) => controller.reconcile(key));
}

const replicaSetKey = (pod: Pod): string | undefined => {
  const controller = controllerOf(pod);
  return controller?.kind === 'ReplicaSet' ? `${pod.metadata.namespace}/${controller.name}` : undefined;
};

function onPod(
  { type, object, old }: Change<Pod>,
  { informers }: Parts,
  queue: WorkQueue,
  expectations: Expectations,
): void {
  const key = replicaSetKey(object);
  if (key) {
    if (type === 'added') expectations.created(key);
    if (type === 'deleted' || object.metadata.deletionTimestamp) expectations.deleted(key, object.metadata.uid ?? '');
    queue.add(key);
  } else if (type !== 'deleted') {
    const { namespace, labels } = object.metadata;
    const candidates = informers.replicaSets.list(namespace);
    for (const one of candidates) if (matchesSelector(one.spec.selector, labels)) queue.add(keyOf(one));
  }
  const before = old && replicaSetKey(old);
  if (before && before !== key) queue.add(before);
}

class ReplicaSetController {
  readonly #parts: Parts;
  readonly #queue: WorkQueue;
  readonly #expectations: Expectations;

  constructor(parts: Parts, queue: WorkQueue, expectations: Expectations) {
    this.#parts = parts;
    this.#queue = queue;
    this.#expectations = expectations;
  }

  async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const replicaSet = this.#parts.informers.replicaSets.get(name, namespace);
    if (!replicaSet) return;
    const waitMs = this.#expectations.pendingMs(key);
    if (waitMs !== undefined) {
      this.#queue.addAfter(key, waitMs);
      return;
    }
    const mine = await this.#claimPods(replicaSet);
    const failure = await this.#apply(key, replicaSet, planReplicas(replicaSet, mine, this.#related(replicaSet, mine)));
    await this.#report(key, replicaSet, mine, failure);
    if (failure) throw new Error(failure.message);
  }

  async #claimPods(replicaSet: ReplicaSet): Promise<Pod[]> {
    const { informers, client } = this.#parts;
    const { uid = '', namespace = '' } = replicaSet.metadata;
    const orphans = informers.pods.by('orphans', namespace).filter(isActive);
    const candidates = [...informers.pods.by('controller', uid), ...orphans];
    const claimed = claim(replicaSet, candidates, ({ metadata }) =>
      matchesSelector(replicaSet.spec.selector, metadata.labels),
    );
    await settle(client.resource(pods), claimed, controllerReference(replicaSet, replicaSets));
    return claimed.mine;
  }

  /** Active pods of all ReplicaSets that belong to the same Deployment. */
  #related(replicaSet: ReplicaSet, mine: Pod[]): Pod[] {
    const { informers } = this.#parts;
    const owner = controllerOf(replicaSet);
    if (!owner) return mine.filter(isActive);
    const siblings = informers.replicaSets.by('controller', owner.uid);
    return siblings.flatMap(({ metadata }) => informers.pods.by('controller', metadata.uid ?? '')).filter(isActive);
  }

  async #apply(key: string, replicaSet: ReplicaSet, plan: Replicas): Promise<Failure | undefined> {
    const doomed = plan.delete.map(({ metadata }) => metadata.uid ?? '');
    this.#expectations.expect(key, plan.create, doomed);
    if (plan.create > 0) return await this.#create(key, replicaSet, plan.create);
    return await this.#delete(key, replicaSet, plan.delete);
  }

  /** In batches of 1, 2, 4, …: when pods cannot be created at all, the server is not asked for every one of them. */
  async #create(key: string, replicaSet: ReplicaSet, count: number): Promise<Failure | undefined> {
    let left = count;
    for (let batch = 1; left > 0; batch *= 2) {
      const size = Math.min(batch, left);
      const results = await Promise.allSettled(Array.from({ length: size }, () => this.#createPod(replicaSet)));
      left -= size;
      const failed = results.filter((result) => result.status === 'rejected');
      const [first] = failed;
      if (!first) continue;
      this.#expectations.created(key, failed.length + left);
      const { message } = first.reason as Error;
      this.#parts.events.event(replicaSet, 'Warning', 'FailedCreate', `Error creating: ${message}`);
      return { reason: 'FailedCreate', message };
    }
    return undefined;
  }

  async #createPod(replicaSet: ReplicaSet): Promise<void> {
    const { client, events } = this.#parts;
    const { metadata: { labels, annotations, finalizers } = {}, spec } = replicaSet.spec.template ?? {};
    const { name, namespace } = replicaSet.metadata;
    const ownerReferences = [controllerReference(replicaSet, replicaSets)];
    const pod = await client.resource(pods).create({
      metadata: { generateName: `${name}-`, namespace, labels, annotations, finalizers, ownerReferences },
      spec: spec ?? { containers: [] },
    });
    events.event(replicaSet, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  async #delete(key: string, replicaSet: ReplicaSet, doomed: Pod[]): Promise<Failure | undefined> {
    const { client, events } = this.#parts;
    const deletions = doomed.map(async ({ metadata: { name = '', namespace, uid } }) => {
      try {
        await client.resource(pods).delete(name, { namespace, uid });
        events.event(replicaSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
      } catch (error) {
        this.#expectations.deleted(key, uid ?? '');
        if (isNotFound(error)) return;
        events.event(replicaSet, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`);
        throw error;
      }
    });
    const failed = (await Promise.allSettled(deletions)).find((result) => result.status === 'rejected');
    return failed && { reason: 'FailedDelete', message: (failed.reason as Error).message };
  }

  async #report(key: string, replicaSet: ReplicaSet, mine: Pod[], failure: Failure | undefined): Promise<void> {
    const { client, clock } = this.#parts;
    const { status, recheckMs } = planStatus(replicaSet, mine, failure, clock.now());
    if (recheckMs !== undefined) this.#queue.addAfter(key, recheckMs);
    if (sameStatus(replicaSet.status, status)) return;
    await client.resource(replicaSets).updateStatus({ ...replicaSet, status });
  }
}
