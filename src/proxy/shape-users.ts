// Which shapes are in use, and since when others are not. A chain is kept for a while when nobody uses it: numbers of
// endpoints come back, and older kernels refuse to delete a chain whose last user has just gone.

import type { Rule } from '#nftables/index.ts';
import type { Shape } from './shapes.ts';

interface Used {
  readonly shape: Shape;
  users: number;
  /** Milliseconds; when the last user went. */
  idleSince: number;
}

const keptIdleMs = 10_000;

export class ShapeUsers {
  readonly #shapes = new Map<string, Used>();
  #idle = 0;

  /** The same shape as one object, for many to refer to. */
  known(shape: Shape): Shape {
    return this.#shapes.get(shape.chain)?.shape ?? shape;
  }

  /** True when the chain has to be made. */
  add(shape: Shape): boolean {
    const found = this.#shapes.get(shape.chain);
    if (!found) {
      this.#shapes.set(shape.chain, { shape, users: 1, idleSince: 0 });
      return true;
    }
    if (found.users === 0) this.#idle--;
    found.users++;
    return false;
  }

  remove({ chain }: Shape, now: number): void {
    const found = this.#shapes.get(chain);
    if (!found || --found.users > 0) return;
    found.idleSince = now;
    this.#idle++;
  }

  /** A chain that was there before us and that nobody has asked for. */
  addIdle(chain: string, now: number): void {
    if (this.#shapes.has(chain)) return;
    this.#shapes.set(chain, { shape: { chain, rules: () => [] }, users: 0, idleSince: now });
    this.#idle++;
  }

  /** Chains that can go; from here on they count as gone. */
  takeExpired(now: number): string[] {
    if (this.#idle === 0) return [];
    const expired = [...this.#shapes.values()].filter((each) => each.users === 0 && now >= each.idleSince + keptIdleMs);
    for (const { shape } of expired) this.#shapes.delete(shape.chain);
    this.#idle -= expired.length;
    return expired.map(({ shape }) => shape.chain);
  }

  /** When the next one can go, in milliseconds; undefined when all are in use. */
  get nextExpiry(): number | undefined {
    if (this.#idle === 0) return undefined;
    const idle = [...this.#shapes.values()].filter(({ users }) => users === 0);
    return Math.min(...idle.map(({ idleSince }) => idleSince)) + keptIdleMs;
  }

  *rules(): Generator<Rule> {
    for (const { shape } of this.#shapes.values()) yield* shape.rules();
  }

  chains(): Iterable<string> {
    return this.#shapes.keys();
  }
}
