// Watches over the nodes: one whose lease is not renewed for the grace period is unreachable; its pods are no longer
// ready, and leave when they no longer tolerate it. The pods of a node that was deleted are removed.

import { ignoreNotFound, isPodTerminal, type Node, nodes, type Pod, pods } from '#api/index.ts';
import { keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { sameJson } from '../json.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import { evictionTime, readiness, unheardConditions, unreadyConditions, wantedTaints } from './plan.ts';

type Parts = ControllerParts<'leases' | 'nodes' | 'pods'>;

/** A kubelet that lives, though its lease ran out, says again at once that its pods are ready: that is not a race to win. */
const contradictedAfterMs = 1000;

export interface NodeOptions {
  /** A node that is not heard of for this long is unreachable. */
  readonly gracePeriodMs: number;
  /** Pods bound to a node that does not exist are removed after this: it may be about to register. */
  readonly goneAfterMs: number;
}

export function runNodes(shared: Parts, options: NodeOptions): Promise<void> {
  const parts = partsFor(shared, 'node-controller');
  const { informers, signal, log } = parts;
  const monitor = new NodeMonitor(parts, options);
  const evictor = new PodEvictor(parts, options);
  informers.leases.onChange(({ type, object: { metadata, spec } }) => {
    if (type !== 'deleted') monitor.heard(metadata.name ?? '', spec?.renewTime ?? '');
  });
  informers.nodes.onChange(({ object, old }) => {
    monitor.queue.add(keyOf(object));
    // A pod that has been told when to go need not be looked at for every heartbeat of its node.
    const isNews = !old || !sameJson(old.spec.taints, object.spec.taints);
    if (isNews) for (const pod of informers.pods.by('node', object.metadata.name ?? '')) evictor.queue.add(keyOf(pod));
  });
  informers.pods.onChange(({ type, object, old }) => {
    const isNews = type === 'added' || old?.spec.nodeName !== object.spec.nodeName;
    if (type !== 'deleted' && isNews && object.spec.nodeName) evictor.queue.add(keyOf(object));
    // A pod that claims to be ready on a node that nobody hears of.
    if (type !== 'deleted' && object.spec.nodeName) monitor.podChanged(object);
  });
  return Promise.all([
    runWorkers(monitor.queue, { signal, workers: 4, log }, (name) => monitor.reconcile(name)),
    runWorkers(evictor.queue, { signal, workers: 4, log }, (key) => evictor.reconcile(key)),
  ]).then(() => {});
}

/** Works on names of nodes. */
class NodeMonitor {
  readonly queue = new WorkQueue();
  readonly #parts: Parts;
  readonly #options: NodeOptions;
  /** What was last heard of each node and when that was, by our own clock: theirs may be off. */
  readonly #heard = new Map<string, { sign: string; at: number }>();

  constructor(parts: Parts, options: NodeOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  heard(name: string, sign: string): void {
    if (this.#heard.get(name)?.sign === sign) return;
    this.#heard.set(name, { sign, at: this.#now().getTime() });
    this.queue.add(name);
  }

  podChanged(pod: Pod): void {
    const node = this.#parts.informers.nodes.get(pod.spec.nodeName ?? '');
    if (node && readiness(node) !== 'True') this.queue.addAfter(pod.spec.nodeName ?? '', contradictedAfterMs);
  }

  async reconcile(name: string): Promise<void> {
    const node = this.#parts.informers.nodes.get(name);
    if (!node) {
      this.#heard.delete(name);
      return;
    }
    // The first look at a node counts as a sign of life: it was alive when it registered.
    const heard = this.#heard.get(name) ?? { sign: '', at: this.#now().getTime() };
    this.#heard.set(name, heard);
    const silentMs = this.#now().getTime() - heard.at;
    const isUnheard = silentMs >= this.#options.gracePeriodMs;
    if (!isUnheard) this.queue.addAfter(name, this.#options.gracePeriodMs - silentMs);
    const current = isUnheard ? await this.#markUnheard(node) : node;
    const tainted = await this.#taint(current);
    if (readiness(tainted) !== 'True') await this.#markPods(tainted);
  }

  async #markUnheard(node: Node): Promise<Node> {
    const conditions = unheardConditions(node, this.#now());
    if (!conditions) return node;
    const { name } = node.metadata;
    this.#parts.events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return await this.#parts.client.resource(nodes).updateStatus({ ...node, status: { ...node.status, conditions } });
  }

  async #taint(node: Node): Promise<Node> {
    const taints = wantedTaints(node, this.#now());
    if (!taints) return node;
    const { name = '', resourceVersion } = node.metadata;
    const patch = { metadata: { resourceVersion }, spec: { taints } };
    return await this.#parts.client.resource(nodes).patch(name, patch, { type: 'merge' });
  }

  async #markPods({ metadata }: Node): Promise<void> {
    const { client, informers, events } = this.#parts;
    const mark = async (pod: Pod) => {
      const conditions = unreadyConditions(pod, this.#now());
      if (!conditions || isPodTerminal(pod)) return;
      const { name = '', namespace, uid } = pod.metadata;
      const patch = { metadata: { uid }, status: { conditions } };
      await client
        .resource(pods)
        .patch(name, patch, { namespace, type: 'strategic', subresource: 'status' })
        .catch(ignoreNotFound);
      events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    };
    await Promise.all(informers.pods.by('node', metadata.name ?? '').map(mark));
  }

  #now(): Date {
    return this.#parts.clock.now();
  }
}

/** Works on keys of pods. */
class PodEvictor {
  readonly queue = new WorkQueue();
  readonly #parts: Parts;
  readonly #options: NodeOptions;
  /** Since when a pod's node is missing, by the pod's key. */
  readonly #homeless = new Map<string, { readonly uid: string; readonly since: number }>();

  constructor(parts: Parts, options: NodeOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async reconcile(key: string): Promise<void> {
    const { informers, clock } = this.#parts;
    const { namespace, name } = splitKey(key);
    const pod = informers.pods.get(name, namespace);
    const node = informers.nodes.get(pod?.spec.nodeName ?? '');
    if (pod?.spec.nodeName && !node) return await this.#removeHomeless(key, pod);
    this.#homeless.delete(key);
    if (!pod || !node) return;
    const now = clock.now();
    const at = evictionTime(pod, node, now);
    if (at === undefined || pod.metadata.deletionTimestamp || isPodTerminal(pod)) return;
    if (at > now.getTime()) {
      this.queue.addAfter(key, at - now.getTime());
      return;
    }
    this.#parts.events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    await this.#delete(pod, undefined);
  }

  async #removeHomeless(key: string, pod: Pod): Promise<void> {
    const { client, clock } = this.#parts;
    const uid = pod.metadata.uid ?? '';
    const now = clock.now().getTime();
    const known = this.#homeless.get(key);
    const since = known?.uid === uid ? known.since : now;
    this.#homeless.set(key, { uid, since });
    const leftMs = since + this.#options.goneAfterMs - now;
    if (leftMs > 0) {
      this.queue.addAfter(key, leftMs);
      return;
    }
    this.#homeless.delete(key);
    const exists = await client
      .resource(nodes)
      .get(pod.spec.nodeName ?? '')
      .then(() => true, ignoreNotFound);
    // Nobody is left to end it gracefully.
    if (!exists) await this.#delete(pod, 0);
  }

  async #delete(
    { metadata: { name = '', namespace, uid } }: Pod,
    gracePeriodSeconds: number | undefined,
  ): Promise<void> {
    const options = { namespace, uid, gracePeriodSeconds };
    await this.#parts.client.resource(pods).delete(name, options).catch(ignoreNotFound);
  }
}
