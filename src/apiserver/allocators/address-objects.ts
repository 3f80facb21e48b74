// The IPAddress objects of Services (services.md B.3): what one looks like, and the writes by which they come and go.

import { clusterIPLabels, type IPAddress, type Kind, type KubeObject, type Service } from '#api/index.ts';
import { ipAddressKind } from '#api/kinds/ip-address.ts';
import type { Write } from '#storage/index.ts';
import type { Registry } from '../registry.ts';
import type { Writer } from '../writer.ts';
import { canonical } from './service-ranges.ts';

/** Upstream's name for what the server itself writes. */
const fieldManager = 'kube-apiserver';
export const addressKind = ipAddressKind as unknown as Kind;

export function ipAddressOf(address: string, { metadata: { namespace = '', name = '' } }: Service): IPAddress {
  const text = canonical(address);
  return {
    metadata: { name: text, labels: clusterIPLabels(text.includes(':') ? 'IPv6' : 'IPv4') },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  };
}

export function isParentOf({ metadata }: Pick<Service, 'metadata'>, { spec: { parentRef } }: IPAddress): boolean {
  if (!parentRef || parentRef.group || parentRef.resource !== 'services') return false;
  return parentRef.namespace === metadata.namespace && parentRef.name === metadata.name;
}

export class AddressObjects {
  readonly #registry: Registry;
  readonly #writer: Pick<Writer, 'creation'>;

  constructor(registry: Registry, writer: Pick<Writer, 'creation'>) {
    this.#registry = registry;
    this.#writer = writer;
  }

  creation(address: string, service: Service): Write {
    return this.#writer.creation(addressKind, ipAddressOf(address, service) as KubeObject, fieldManager);
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
