// Which flows of the conntrack table are on the wrong way, as few groups (services.md D.8): deleting costs the program a
// walk through the whole table for each group, so flows of one address that go to one endpoint are deleted together.

import { isLoopback } from '#lib/cidr.ts';
import type { Flow, FlowGroup } from './conntrack.ts';
import { type Frontend, frontendOf, nodePortFrontend, type Serving } from './udp-frontends.ts';

export class StaleFlows {
  readonly #changed: ReadonlyMap<Frontend, Serving>;
  readonly #groups = new Map<string, FlowGroup>();
  /** Node ports are served at the node's addresses only; which those are need not be known until there is such a flow. */
  readonly #perhaps = new Map<string, FlowGroup>();

  constructor(changed: ReadonlyMap<Frontend, Serving>) {
    this.#changed = changed;
  }

  /** A flow of the table. */
  see({ destination, destinationPort, answeredBy }: Flow): void {
    const group = { destination, destinationPort, answeredBy };
    const serving = this.#changed.get(frontendOf(destination, destinationPort));
    if (serving) {
      this.#judge(this.#groups, serving, group);
    } else {
      const atNode = this.#changed.get(nodePortFrontend(destinationPort));
      if (atNode) this.#judge(this.#perhaps, atNode, group);
    }
  }

  /** @param nodeAddresses asked only when it matters. */
  async groups(nodeAddresses: () => Promise<readonly string[]>): Promise<FlowGroup[]> {
    const groups = [...this.#groups.values()];
    if (this.#perhaps.size === 0) return groups;
    const own = new Set((await nodeAddresses()).filter((address) => !isLoopback(address)));
    return [...groups, ...[...this.#perhaps.values()].filter(({ destination }) => own.has(destination))];
  }

  #judge(groups: Map<string, FlowGroup>, serving: Serving, group: Required<FlowGroup>): void {
    const { destination, destinationPort, answeredBy } = group;
    const from = frontendOf(answeredBy.address, answeredBy.port);
    if (serving.has(from)) return;
    // Nobody is right: whoever they go to.
    const all = serving.size === 0;
    const key = `${destination} ${destinationPort} ${all ? '' : from}`;
    if (!groups.has(key)) groups.set(key, all ? { destination, destinationPort } : group);
  }
}
