// Pods that the scheduler has given a node but that its cache does not show there yet. Without them a burst of pods would
// all go to the node that was the emptiest before.

import type { Pod } from '#api/index.ts';

/** A binding that is never shown: the pod was deleted meanwhile. */
const patienceMs = 30_000;

export class AssumedPods {
  /** By uid. */
  readonly #pods = new Map<string, { pod: Pod; until: number }>();

  add(pod: Pod, nodeName: string): void {
    const assumed = { ...pod, spec: { ...pod.spec, nodeName } };
    this.#pods.set(pod.metadata.uid ?? '', { pod: assumed, until: performance.now() + patienceMs });
  }

  /** The binding failed, or the cache shows it, or the pod is gone. */
  remove({ metadata }: Pod): void {
    this.#pods.delete(metadata.uid ?? '');
  }

  has({ metadata }: Pod): boolean {
    const found = this.#pods.get(metadata.uid ?? '');
    if (found && found.until < performance.now()) this.#pods.delete(metadata.uid ?? '');
    return this.#pods.has(metadata.uid ?? '');
  }

  on(nodeName: string): Pod[] {
    return [...this.#pods.values()].map(({ pod }) => pod).filter(({ spec }) => spec.nodeName === nodeName);
  }
}
