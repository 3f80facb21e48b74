// What is wrong between the node ports that Services have and those that are known to be taken (services.md B.2). A port
// that nobody has may be on its way into a Service, so it is given back only when it was found so again and again.

import type { Service } from '#api/index.ts';
import type { PortRange } from '../allocators/port-range.ts';
import { nodePortsOf } from '../allocators/service-allocator.ts';
import type { Finding } from './cluster-ips.ts';

/** How often a port must be found with nobody. */
const timesUntilLeaked = 3;

export class NodePortInspection {
  readonly #ports: PortRange;
  /** How often in a row each was found with nobody. */
  #unclaimed = new Map<number, number>();
  #claimed = new Set<number>();

  constructor(ports: PortRange) {
    this.#ports = ports;
  }

  /** To be called before the Services of one look, which must all be of one moment. */
  begin(): void {
    this.#claimed = new Set();
  }

  *inspect(service: Service): Generator<Finding & { readonly port: number }> {
    for (const port of nodePortsOf(service)) {
      if (!this.#ports.has(port)) {
        const message = `Port ${port} is not within the port range ${this.#ports.text}; please recreate service`;
        yield { port, reason: 'PortOutOfRange', message };
      } else if (this.#claimed.has(port)) {
        const message = `Port ${port} was assigned to multiple services; please recreate service`;
        yield { port, reason: 'PortAlreadyAllocated', message };
      } else if (!this.#ports.isTaken(port)) {
        yield { port, reason: 'PortNotAllocated', message: `Port ${port} is not allocated; repairing` };
      }
      this.#claimed.add(port);
    }
  }

  /** To be called after them. Gives back what has leaked, and returns it. */
  end(): number[] {
    const unclaimed = new Map<number, number>();
    const leaked: number[] = [];
    for (const port of this.#ports.taken()) {
      if (this.#claimed.has(port)) continue;
      const times = (this.#unclaimed.get(port) ?? 0) + 1;
      if (times < timesUntilLeaked) unclaimed.set(port, times);
      else leaked.push(port);
    }
    this.#unclaimed = unclaimed;
    for (const port of leaked) this.#ports.release(port);
    return leaked;
  }
}
