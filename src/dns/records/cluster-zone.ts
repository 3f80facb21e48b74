// The cluster domain: names of Services out of the index, and those that follow a rule instead — the empty names above
// them, namespaces, pods, the zone's own servers and the schema version (spec/dns.md §1.1, §1.2, §1.8, §1.9).

import { fromLabels, labelsOf, type Name } from '../wire/name.ts';
import { Owner, type OwnerRecords } from './owner.ts';
import { podRecords } from './pod-name.ts';
import type { RecordIndex } from './record-index.ts';
import { nameServerOf, type Soa } from './soa.ts';
import type { Zone } from './zone.ts';

const schemaVersion = '1.1.0';
/** Fixed by the schema, whatever the server's TTL. */
const schemaVersionTtl = 28800;

export class ClusterZone implements Zone {
  readonly name: Name;
  readonly #index: RecordIndex;
  readonly #fixed = new Map<Name, Owner>();
  #soa: Soa;

  constructor(index: RecordIndex, soa: Soa) {
    this.name = index.zone;
    this.#index = index;
    this.#soa = soa;
    for (const label of ['svc', 'pod']) this.#fix([label], {});
    const version = { other: [{ type: 'TXT', strings: [schemaVersion] }], ttl: schemaVersionTtl } as const;
    this.#fix(['dns-version'], version);
  }

  get soa(): Soa {
    return this.#soa;
  }

  /** @param servers the names of the DNS Service itself; `ns.dns` stands in when there is none. */
  refresh(soa: Soa, servers: readonly Name[], addresses: Pick<OwnerRecords, 'v4' | 'v6'>): void {
    this.#soa = soa;
    const targets = servers.length > 0 ? servers : [nameServerOf(this.name)];
    const ns = targets.map((target) => ({ type: 'NS', target }) as const);
    this.#fix([], { other: [soa.record.data, ...ns] });
    this.#fix(['ns', 'dns'], addresses);
  }

  find(key: Name): Owner | undefined {
    return this.#index.owner(key) ?? this.#fixed.get(key) ?? this.#byRule(key);
  }

  *owners(): Iterable<Owner> {
    yield* this.#fixed.values();
    yield* this.#index.owners();
  }

  #fix(labels: readonly string[], records: OwnerRecords): void {
    const key = `${fromLabels(labels)}${this.name}`;
    this.#fixed.set(key, new Owner(key, records));
  }

  #byRule(key: Name): Owner | undefined {
    const labels = labelsOf(key.slice(0, key.length - this.name.length));
    const kind = labels.at(-1);
    const namespace = labels.at(-2);
    if (labels.length < 2 || namespace === undefined || !this.#index.hasNamespace(namespace)) return undefined;
    if (kind === 'svc') return labels.length === 2 ? new Owner(key, {}) : this.#byPort(labels);
    if (kind !== 'pod' || labels.length > 3) return undefined;
    const records = labels.length === 2 ? {} : podRecords(labels[0] ?? '');
    return records && new Owner(key, records);
  }

  /** Port and protocol may be asked for without their underscores. */
  #byPort([port = '', protocol = '', ...service]: readonly string[]): Owner | undefined {
    if (service.length !== 3) return undefined;
    const underscored = [port, protocol].map((label) => (label.startsWith('_') ? label : `_${label}`));
    const name = fromLabels([...underscored, ...service]);
    return name === undefined ? undefined : this.#index.owner(name + this.name);
  }
}
