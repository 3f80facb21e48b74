// Keeps the node's place in the API: its Node object, and its Lease, whose renewal says that the node is alive (the node
// lifecycle controller acts when it stops).

import {
  ignoreNotFound,
  isAlreadyExists,
  isNodeReady,
  isNotFound,
  type Lease,
  leases,
  type Node,
  nodes,
} from '#api/index.ts';
import type { Client, Resource } from '#client/index.ts';
import type { Clock } from '#lib/clock.ts';
import { type NodeInput, nodeObject, nodeStatus } from './node-object.ts';

const leaseNamespace = 'kube-node-lease';
/** A healthy status is written again only this often. */
const statusPeriodMs = 300_000;

export class NodeRegistration {
  readonly #nodes: Resource<Node>;
  readonly #leases: Resource<Lease>;
  readonly #clock: Clock;
  readonly #input: NodeInput;
  #statusWritten = 0;

  constructor(parts: { client: Client; clock: Clock }, input: NodeInput) {
    this.#nodes = parts.client.resource(nodes);
    this.#leases = parts.client.resource(leases);
    this.#clock = parts.clock;
    this.#input = input;
  }

  /** The node as the API server has it now. */
  async register(): Promise<Node> {
    const now = this.#clock.now();
    const object = nodeObject(this.#input, now);
    try {
      const created = await this.#nodes.create(object);
      // The status is a sub-resource of its own; a server may drop it from a create.
      return await this.#writeStatus(created);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const { metadata, spec } = object;
    const patch = { metadata: { labels: metadata.labels }, spec };
    return await this.#writeStatus(await this.#nodes.patch(this.#input.nodeName, patch, { type: 'merge' }));
  }

  /** One heartbeat: renews the lease, and puts right what others made of the node's status. */
  async beat(): Promise<void> {
    await this.#renewLease();
    const node = await this.#nodes.get(this.#input.nodeName).catch(ignoreNotFound);
    const isDue = this.#clock.now().getTime() - this.#statusWritten > statusPeriodMs;
    if (!node) await this.register();
    else if (!isNodeReady(node) || isDue) await this.#writeStatus(node);
  }

  async #writeStatus(node: Node): Promise<Node> {
    const now = this.#clock.now();
    const status = nodeStatus(this.#input, node.status, now);
    this.#statusWritten = now.getTime();
    // The patch would merge addresses by type, and of two InternalIPs one would go.
    const addresses = [{ $patch: 'replace' }, ...(status.addresses ?? [])];
    const patch = { status: { ...status, addresses } };
    return await this.#nodes.patch(this.#input.nodeName, patch, { type: 'strategic', subresource: 'status' });
  }

  async #renewLease(): Promise<void> {
    const { nodeName, leaseDurationSeconds } = this.#input;
    const renewTime = this.#clock.now().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: nodeName, leaseDurationSeconds, renewTime };
    try {
      await this.#leases.patch(nodeName, { spec }, { namespace: leaseNamespace, type: 'merge' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const metadata = { name: nodeName, namespace: leaseNamespace };
      await this.#leases.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    }
  }
}
