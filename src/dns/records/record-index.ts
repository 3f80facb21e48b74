// Namespaces, Services and EndpointSlices → owner names, kept up to date. A change marks its Service; marked Services are
// worked off in slices of a few milliseconds between packets, each touching only its own names, and a Service whose
// records come out the same changes nothing. Everything is published in one map from the whole lower-case name, so the
// usual query is a single lookup.

import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice, Namespace, Service } from '#api/index.ts';
import { serviceNameLabel } from '#api/well-known-labels.ts';
import type { Name } from '../wire/name.ts';
import { AddressNames } from './address-names.ts';
import { Owner } from './owner.ts';
import { type ServiceRecords, serviceRecords } from './service-records.ts';

/** Queries never wait longer than this for changes. */
const sliceMs = 3;

interface ServiceState {
  service: Service | undefined;
  readonly slices: Map<string, EndpointSlice>;
  published: ServiceRecords | undefined;
}

export class RecordIndex {
  readonly zone: Name;
  readonly addresses = new AddressNames();
  readonly #owners = new Map<Name, Owner>();
  readonly #namespaces = new Set<string>();
  /** By namespace, then name. A state may have slices before its Service, and names that its namespace does not show yet. */
  readonly #services = new Map<string, Map<string, ServiceState>>();
  /** Which Service a slice was counted to: its label may change. */
  readonly #sliceOwner = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #onChange: () => void;
  #scheduled = false;

  /** @param onChange is called once after every batch of changes that DNS can see. */
  constructor(zone: Name, onChange: () => void) {
    this.zone = zone;
    this.#onChange = onChange;
  }

  owner(key: Name): Owner | undefined {
    return this.#owners.get(key);
  }
  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }
  owners(): Iterable<Owner> {
    return this.#owners.values();
  }

  setNamespace({ metadata }: Namespace): void {
    const name = metadata.name ?? '';
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    this.#markNamespace(name);
  }
  removeNamespace({ metadata }: Namespace): void {
    const name = metadata.name ?? '';
    if (this.#namespaces.delete(name)) this.#markNamespace(name);
  }

  setService(service: Service): void {
    const { namespace = '', name = '' } = service.metadata;
    this.#state(namespace, name).service = service;
    this.#mark(`${namespace}/${name}`);
  }
  removeService({ metadata: { namespace = '', name = '' } }: Service): void {
    this.#state(namespace, name).service = undefined;
    this.#mark(`${namespace}/${name}`);
  }

  setSlice(slice: EndpointSlice): void {
    const { namespace = '', name = '', labels } = slice.metadata;
    const service = labels?.[serviceNameLabel];
    const key = `${namespace}/${name}`;
    if (this.#sliceOwner.get(key) !== service) this.removeSlice(slice);
    if (!service) return;
    this.#sliceOwner.set(key, service);
    this.#state(namespace, service).slices.set(name, slice);
    this.#mark(`${namespace}/${service}`);
  }
  removeSlice({ metadata: { namespace = '', name = '' } }: EndpointSlice): void {
    const key = `${namespace}/${name}`;
    const service = this.#sliceOwner.get(key);
    if (service === undefined) return;
    this.#sliceOwner.delete(key);
    this.#state(namespace, service).slices.delete(name);
    this.#mark(`${namespace}/${service}`);
  }

  /** Publishes every change now. */
  flush(): void {
    this.#work(Number.POSITIVE_INFINITY);
  }

  #state(namespace: string, name: string): ServiceState {
    const inNamespace = this.#services.get(namespace) ?? new Map<string, ServiceState>();
    this.#services.set(namespace, inNamespace);
    const state = inNamespace.get(name) ?? { service: undefined, slices: new Map(), published: undefined };
    inNamespace.set(name, state);
    return state;
  }

  #markNamespace(namespace: string): void {
    for (const name of this.#services.get(namespace)?.keys() ?? []) this.#mark(`${namespace}/${name}`);
    // The namespace's own name changed even if it has no Services.
    this.#mark(`${namespace}/`);
  }

  #mark(key: string): void {
    this.#dirty.add(key);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#work(performance.now() + sliceMs);
    });
  }

  #work(deadline: number): void {
    let changed = false;
    for (const key of this.#dirty) {
      this.#dirty.delete(key);
      const [namespace = '', name = ''] = key.split('/');
      changed = (name === '' ? true : this.#rebuild(namespace, name)) || changed;
      if (performance.now() > deadline) break;
    }
    if (changed) this.#onChange();
    const next = this.#dirty.values().next();
    if (!next.done) this.#mark(next.value);
  }

  /** Whether anything changed that DNS can see. */
  #rebuild(namespace: string, name: string): boolean {
    const state = this.#state(namespace, name);
    const { service, slices, published } = state;
    if (!service && slices.size === 0) this.#forget(namespace, name);
    const visible = service && this.#namespaces.has(namespace);
    const wanted = visible ? serviceRecords(this.zone, service, [...slices.values()]) : undefined;
    if (isDeepStrictEqual(wanted, published)) return false;
    for (const key of published?.owners.keys() ?? []) this.#owners.delete(key);
    for (const entry of published?.addresses ?? []) this.addresses.remove(entry);
    for (const [key, records] of wanted?.owners ?? []) this.#owners.set(key, new Owner(key, records));
    for (const entry of wanted?.addresses ?? []) this.addresses.add(entry);
    state.published = wanted;
    return true;
  }

  #forget(namespace: string, name: string): void {
    const inNamespace = this.#services.get(namespace);
    inNamespace?.delete(name);
    if (inNamespace?.size === 0) this.#services.delete(namespace);
  }
}
