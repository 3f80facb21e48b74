// The IPAddress objects of Services (services.md B.3): what one looks like, and the writes by which they come and go.

import { randomUUID } from 'node:crypto';
import {
  clusterIPLabels,
  type IPAddress,
  type Kind,
  type KubeObject,
  type ObjectMeta,
  type Service,
} from '#api/index.ts';
import { ipAddressKind } from '#api/kinds/ip-address.ts';
import { timestamp } from '#api/schema/time.ts';
import type { Clock } from '#lib/clock.ts';
import type { Write } from '#storage/index.ts';
import { serverManager } from '../bootstrap.ts';
import { ownersOfNew } from '../ownership.ts';
import type { Registry } from '../registry.ts';
import { canonical } from './service-ranges.ts';

export const addressKind = ipAddressKind as unknown as Kind;

function ipAddressOf(address: string, { metadata: { namespace = '', name = '' } }: Service, meta: ObjectMeta) {
  const text = canonical(address);
  const labels = clusterIPLabels(text.includes(':') ? 'IPv6' : 'IPv4');
  const spec: IPAddress['spec'] = { parentRef: { resource: 'services', namespace, name } };
  const { managedFields, ...given } = meta;
  return { metadata: { name: text, ...given, labels, ...(managedFields && { managedFields }) }, spec };
}

export function isParentOf({ metadata }: Pick<Service, 'metadata'>, { spec: { parentRef } }: IPAddress): boolean {
  if (!parentRef || parentRef.group || parentRef.resource !== 'services') return false;
  return parentRef.namespace === metadata.namespace && parentRef.name === metadata.name;
}

export class AddressObjects {
  readonly #registry: Registry;
  readonly #clock: Clock;
  /** The same fields of each. */
  readonly #owners: NonNullable<ObjectMeta['managedFields']>;

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
    const some = ipAddressOf('192.0.2.1', { metadata: { namespace: 'default', name: 'some' }, spec: {} }, {});
    const writing = { fieldManager: serverManager, subresource: '' };
    this.#owners = ownersOfNew(addressKind, some as KubeObject, writing, clock.now()) ?? [];
  }

  /** All are alike, and one comes with every Service: so it is written without the steps that other objects take. */
  creation(address: string, service: Service): Write {
    const now = timestamp(this.#clock.now());
    const managedFields = this.#owners.map((owner) => ({ ...owner, time: now }));
    const object = ipAddressOf(address, service, { uid: randomUUID(), creationTimestamp: now, managedFields });
    return this.#registry.creation(addressKind, object as KubeObject);
  }

  /** The write that removes a Service's address; `absent` when there is none, `kept` when it is not this Service's to remove. */
  async deletion(address: string, service: Service): Promise<Write | 'absent' | 'kept'> {
    const entry = await this.#registry.get(addressKind, { name: canonical(address) });
    if (!entry) return 'absent';
    const object = this.#registry.decode<IPAddress>(entry);
    const isFree = isParentOf(service, object) && !object.metadata.finalizers?.length;
    return isFree ? { key: entry.key, expected: entry.modRevision } : 'kept';
  }

  /** Every address that there is an object of. */
  async names(): Promise<string[]> {
    const prefix = this.#registry.prefixOf(addressKind);
    const { entries } = await this.#registry.store.list(prefix);
    return entries.map(({ key }) => key.slice(prefix.length));
  }
}
