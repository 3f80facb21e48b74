// Says on a Service when topology-mode: Auto begins to have an effect, and when and why it has none (services.md §C.7).
// Only what differs from the last time is told.

import type { Service } from '#api/index.ts';
import { type EventRecorder, keyOf } from '#client/index.ts';
import type { TopologyOutcome } from './plan.ts';

/** By family: why there are no hints; empty when there are. */
type Told = Map<string, string>;

export class TopologyEvents {
  readonly #events: EventRecorder;
  readonly #told = new Map<string, Told>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  /** @param outcomes none when the Service does not ask for hints in this way */
  tell(service: Service, outcomes: readonly TopologyOutcome[]): void {
    const before = this.#told.get(keyOf(service)) ?? new Map<string, string>();
    const now: Told = new Map(outcomes.map(({ family, disabled = '' }) => [family, disabled]));
    for (const [family, disabled] of now) {
      if (before.get(family) === disabled) continue;
      if (disabled) this.#event(service, 'Warning', 'TopologyAwareHintsDisabled', disabled, family);
      else this.#event(service, 'Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled', family);
    }
    for (const [family, disabled] of before) {
      if (now.has(family) || disabled) continue;
      this.#event(service, 'Warning', 'TopologyAwareHintsDisabled', 'Topology Aware Hints has been disabled', family);
    }
    if (now.size > 0) this.#told.set(keyOf(service), now);
    else this.#told.delete(keyOf(service));
  }

  forget(key: string): void {
    this.#told.delete(key);
  }

  #event(service: Service, type: 'Normal' | 'Warning', reason: string, text: string, family: string): void {
    this.#events.event(service, type, reason, `${text}, addressType: ${family}`);
  }
}
