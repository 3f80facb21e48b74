// Deletes what is owned by what is gone, in all resources that the server serves, and ends foreground and orphaning
// deletions (api.md §11). Keeps metadata only.

import { isConflict, isNotFound, type KubeObject, type OwnerReference } from '#api/index.ts';
import { type Change, type Client, Informer, runWorkers, WorkQueue } from '#client/index.ts';
import { discover, type ServedResource } from '../discovery.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { type GraphNode, OwnerGraph, ownersOf } from './graph.ts';
import {
  blocking,
  foregroundFinalizer,
  type GarbageAction,
  isForeground,
  isOrphaning,
  type OwnerState,
  orphanFinalizer,
  planDependent,
} from './plan.ts';

/** Never owned by anything, and many: they go when they are old. */
const ignored = new Set(['events']);

export async function runGarbageCollector(shared: ControllerParts<never>): Promise<void> {
  const parts = partsFor(shared, 'garbage-collector');
  const { client, signal, log } = parts;
  const served = (await discover(client)).filter(
    ({ resource, verbs }) =>
      !ignored.has(resource) && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)),
  );
  const queue = new WorkQueue();
  const collector = new GarbageCollector(client, served, queue);
  const informers = served.map((ref) => {
    const informer = new Informer<KubeObject>(client.resource(ref), { log, transform: metadataOnly });
    informer.onChange((change) => collector.observe(ref, change));
    informer.start(signal);
    return informer;
  });
  await Promise.all(informers.map((informer) => informer.synced(signal)));
  return runWorkers(queue, { signal, workers: 8, log }, (uid) => collector.reconcile(uid));
}

const metadataOnly = ({ apiVersion, kind, metadata }: KubeObject): KubeObject => {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences },
  };
};

/** Works on uids. */
class GarbageCollector {
  readonly #client: Client;
  readonly #served: readonly ServedResource[];
  readonly #queue: WorkQueue;
  readonly #graph = new OwnerGraph();

  constructor(client: Client, served: readonly ServedResource[], queue: WorkQueue) {
    this.#client = client;
    this.#served = served;
    this.#queue = queue;
  }

  observe(ref: ServedResource, { type, object, old }: Change<KubeObject>): void {
    const uid = object.metadata.uid ?? '';
    const node: GraphNode = { ref, metadata: object.metadata };
    if (type === 'deleted') {
      this.#graph.remove(uid);
      for (const { metadata } of this.#graph.dependentsOf(uid)) this.#queue.add(metadata.uid ?? '');
    } else {
      this.#graph.put(node);
      if (ownersOf(node).length > 0 || isForeground(node) || isOrphaning(node)) this.#queue.add(uid);
    }
    // Owners that wait for their dependents may go on, those it no longer names included.
    for (const owner of [...ownersOf(node), ...(old?.metadata.ownerReferences ?? [])]) {
      const found = this.#graph.get(owner.uid);
      if (found && isForeground(found)) this.#queue.add(owner.uid);
    }
  }

  async reconcile(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (!node) return;
    if (isOrphaning(node)) return await this.#finishOrphaning(node);
    if (isForeground(node)) return await this.#continueForeground(node);
    await this.#collect(node);
  }

  async #collect(node: GraphNode): Promise<void> {
    const states = new Map<OwnerReference, OwnerState>();
    for (const owner of ownersOf(node)) states.set(owner, await this.#stateOf(node, owner));
    const dependents = this.#graph.dependentsOf(node.metadata.uid ?? '');
    await this.#apply(
      node,
      planDependent(node, dependents, (owner) => states.get(owner) ?? 'solid'),
    );
  }

  async #stateOf({ metadata }: GraphNode, owner: OwnerReference): Promise<OwnerState> {
    const ref = this.#served.find(
      ({ group, kind }) => kind === owner.kind && group === (owner.apiVersion.split('/').at(-2) ?? ''),
    );
    // Nothing can be said of kinds that are not served, nor of what has no namespace and an owner that must have one.
    if (!ref || (ref.namespaced && !metadata.namespace)) return 'solid';
    const known = this.#graph.get(owner.uid);
    // A uid alone is not enough: an owner in another namespace, or of another kind or name, is not the one named here.
    if (known && isNamedBy(owner, ref, known, metadata.namespace)) return isForeground(known) ? 'waiting' : 'solid';
    // Its watch may only be behind the dependent's: the server knows.
    try {
      const live = await this.#client.resource(ref).get(owner.name, ref.namespaced ? metadata.namespace : undefined);
      return live.metadata.uid === owner.uid ? 'solid' : 'absent';
    } catch (error) {
      if (isNotFound(error)) return 'absent';
      throw error;
    }
  }

  async #apply(node: GraphNode, action: GarbageAction): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = node.metadata;
    const resource = this.#client.resource(node.ref);
    try {
      if (action.type === 'delete') {
        const { propagationPolicy } = action;
        // The version counts: it may have been given another owner since.
        await resource.delete(name, { namespace, uid, resourceVersion, propagationPolicy });
      } else if (action.type === 'setOwners') {
        await this.#patch(node, { ownerReferences: action.owners });
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #finishOrphaning(node: GraphNode): Promise<void> {
    const { uid } = node.metadata;
    const dependents = this.#graph.dependentsOf(uid ?? '');
    await Promise.all(
      dependents.map((dependent) =>
        this.#apply(dependent, {
          type: 'setOwners',
          owners: ownersOf(dependent).filter((owner) => owner.uid !== uid),
        }),
      ),
    );
    await this.#dropFinalizer(node, orphanFinalizer);
  }

  async #continueForeground(node: GraphNode): Promise<void> {
    const dependents = this.#graph.dependentsOf(node.metadata.uid ?? '');
    for (const { metadata } of dependents) this.#queue.add(metadata.uid ?? '');
    if (blocking(node, dependents).length === 0) await this.#dropFinalizer(node, foregroundFinalizer);
  }

  async #dropFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const finalizers = (node.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    try {
      await this.#patch(node, { finalizers });
    } catch (error) {
      // A Conflict means that the watch will bring the newer version.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async #patch(node: GraphNode, change: Partial<KubeObject['metadata']>): Promise<void> {
    const { name = '', namespace, uid, resourceVersion } = node.metadata;
    const patch = { metadata: { uid, resourceVersion, ...change } };
    await this.#client.resource(node.ref).patch(name, patch, { namespace, type: 'merge' });
  }
}

const isNamedBy = (
  owner: OwnerReference,
  ref: ServedResource,
  { ref: at, metadata }: GraphNode,
  namespace = '',
): boolean =>
  at.resource === ref.resource &&
  at.group === ref.group &&
  metadata.name === owner.name &&
  (!ref.namespaced || metadata.namespace === namespace);
