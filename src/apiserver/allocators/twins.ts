// Node ports by the port that they stand for (services.md A.7): 53/TCP and 53/UDP are reached by one number.

import type { ServicePort } from '#api/index.ts';
import { protocols } from '#api/kinds/checks.ts';

export class Twins {
  readonly #places = new Map<string, { readonly nodePort: number; readonly index: number }>();
  readonly #taken = new Set<string>();

  constructor(ports: readonly ServicePort[]) {
    for (const [index, port] of ports.entries()) this.add(port, index);
  }

  add({ port, protocol, nodePort }: ServicePort, index: number): void {
    if (!nodePort) return;
    this.#taken.add(`${nodePort} ${protocol}`);
    const key = `${port} ${protocol}`;
    if (index < (this.#places.get(key)?.index ?? Number.POSITIVE_INFINITY)) this.#places.set(key, { nodePort, index });
  }

  /** What the first port of the same number under another protocol has, when it is free under this one. */
  of({ port, protocol = '' }: ServicePort): number | undefined {
    const [twin] = protocols
      .filter((other) => other !== protocol)
      .flatMap((other) => this.#places.get(`${port} ${other}`) ?? [])
      .sort((a, b) => a.index - b.index);
    return twin && !this.#taken.has(`${twin.nodePort} ${protocol}`) ? twin.nodePort : undefined;
  }
}
