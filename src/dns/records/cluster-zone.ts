// A cluster domain: names of Services out of the index, and those that follow a rule instead — the empty names above them,
// namespaces, pods, the zone's own servers and the schema version (spec/dns.md §1.1, §1.2, §1.8, §1.9).

import { isIPv6 } from 'node:net';
import { fromLabels, labelsOf, type Name } from '../wire/name.ts';
import { type Apex, apexOwner } from './apex.ts';
import { undashed } from './dashed.ts';
import { Owner, type OwnerRecords, type Relative } from './owner.ts';
import type { PodIndex } from './pod-index.ts';
import type { RecordIndex } from './record-index.ts';
import { nameServerPrefix, type Soa } from './soa.ts';
import type { Zone } from './zone.ts';

const schemaVersion = '1.1.0';
/** Fixed by the schema, whatever the server's TTL. */
const schemaVersionTtl = 28800;

/** What is known of pods: nothing, so that every address is believed; nothing, and none exists; or all of them. */
export type PodRecords = 'insecure' | 'disabled' | PodIndex;

export class ClusterZone implements Zone {
  readonly name: Name;
  readonly #index: RecordIndex;
  readonly #pods: PodRecords;
  /** As it is now: changes with the cluster. */
  readonly #apex: () => Apex;
  readonly #fixed = new Map<Relative, Owner>();

  constructor(name: Name, parts: { index: RecordIndex; pods: PodRecords; apex: () => Apex }) {
    this.name = name;
    this.#index = parts.index;
    this.#pods = parts.pods;
    this.#apex = parts.apex;
    for (const label of ['svc', 'pod']) this.#fix(fromLabels([label]) as Relative, {});
    const version = { type: 'TXT', strings: [schemaVersion] } as const;
    this.#fix(fromLabels(['dns-version']) as Relative, { other: () => [version], ttl: schemaVersionTtl });
  }

  get soa(): Soa {
    return this.#apex().soa;
  }

  find(key: Name): Owner | undefined {
    const name = key.slice(0, key.length - this.name.length);
    return this.#index.owner(name) ?? this.#fixed.get(name) ?? this.#byRule(name);
  }

  /** Every owner that is not made by a rule, the apex first, as they are now: later changes do not show. */
  *owners(): Generator<Owner> {
    yield apexOwner(this.#apex());
    yield this.#serversOwner();
    yield* this.#fixed.values();
    for (const service of this.#index.services()) yield* service.owners();
  }

  #fix(name: Relative, records: OwnerRecords): void {
    this.#fixed.set(name, new Owner(name, records));
  }

  #serversOwner(): Owner {
    return new Owner(nameServerPrefix, this.#apex().addresses);
  }

  #byRule(name: Relative): Owner | undefined {
    if (name === '') return apexOwner(this.#apex());
    if (name === nameServerPrefix) return this.#serversOwner();
    const labels = labelsOf(name);
    const kind = labels.at(-1);
    const namespace = labels.at(-2) ?? '';
    if (labels.length < 2 || labels.length > 3 || !this.#index.hasNamespace(namespace)) return undefined;
    if (kind === 'svc') return labels.length === 2 ? new Owner(name, {}) : undefined;
    if (kind !== 'pod' || this.#pods === 'disabled') return undefined;
    return labels.length === 2 ? new Owner(name, {}) : this.#pod(name, labels[0] ?? '', namespace, this.#pods);
  }

  #pod(name: Relative, label: string, namespace: string, pods: Exclude<PodRecords, 'disabled'>): Owner | undefined {
    const address = undashed(label);
    if (address === undefined || (pods !== 'insecure' && !pods.has(namespace, address))) return undefined;
    return new Owner(name, isIPv6(address) ? { v6: [address] } : { v4: [address] });
  }
}
