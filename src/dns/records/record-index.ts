// Namespaces, Services, EndpointSlices and pods as DNS sees them, kept up to date. A change costs what changed: a Service's
// names are worked out when somebody asks for one of them (service-names.ts). What DNS cannot see changes nothing.

import { isDeepStrictEqual } from 'node:util';
import { fromLabels, labelsOf } from '../wire/name.ts';
import { AddressNames, canonical } from './address-names.ts';
import { isSameSlice, type ServiceFacts, type SliceFacts } from './facts.ts';
import type { Owner, Relative } from './owner.ts';
import { type NameOptions, ServiceNames, serviceName } from './service-names.ts';

/** Slices may come before their Service. */
interface ServiceState {
  readonly namespace: string;
  readonly name: Relative;
  facts: ServiceFacts | undefined;
  slices: readonly SliceState[];
  /** Dropped with every change. */
  names: ServiceNames | undefined;
}

interface SliceState {
  readonly service: ServiceState;
  facts: SliceFacts;
}

export class RecordIndex {
  readonly #options: NameOptions;
  readonly #onChange: () => void;
  readonly #namespaces = new Set<string>();
  readonly #services = new Map<Relative, ServiceState>();
  /** By the slice's own namespace and name: its Service may change. */
  readonly #slices = new Map<string, SliceState>();
  readonly #clusterAddresses = new AddressNames<ServiceState>();
  readonly #endpointAddresses = new AddressNames<SliceState>();

  /** @param onChange is called after every change that DNS can see. */
  constructor(options: NameOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }
  setNamespace(name: string): void {
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    this.#onChange();
  }
  removeNamespace(name: string): void {
    if (this.#namespaces.delete(name)) this.#onChange();
  }

  setService(facts: ServiceFacts): void {
    const state = this.#state(facts.namespace, facts.name);
    if (!state || isDeepStrictEqual(state.facts, facts)) return;
    for (const address of state.facts?.clusterIPs ?? []) this.#clusterAddresses.remove(address, state);
    for (const address of facts.clusterIPs) this.#clusterAddresses.add(address, state);
    state.facts = facts;
    this.#changed(state);
  }
  removeService({ namespace, name }: Pick<ServiceFacts, 'namespace' | 'name'>): void {
    const state = this.#state(namespace, name);
    if (!state) return;
    for (const address of state.facts?.clusterIPs ?? []) this.#clusterAddresses.remove(address, state);
    state.facts = undefined;
    this.#changed(state);
  }

  /** Undefined when there is no such Service. */
  factsOf({ namespace, name }: Pick<ServiceFacts, 'namespace' | 'name'>): ServiceFacts | undefined {
    const own = serviceName(name, namespace);
    return own === undefined ? undefined : this.#services.get(own)?.facts;
  }

  /** @param name of the slice */
  setSlice(name: string, facts: SliceFacts): void {
    const key = sliceKey(facts.namespace, name);
    const known = this.#slices.get(key);
    if (known && isSameSlice(known.facts, facts)) return;
    if (known && known.facts.service !== facts.service) this.removeSlice(facts.namespace, name);
    const service = facts.service === '' ? undefined : this.#state(facts.namespace, facts.service);
    if (!service) return;
    const slice = this.#slices.get(key) ?? this.#newSlice(key, service);
    this.#setEndpoints(slice, facts);
    this.#changed(service);
  }
  removeSlice(namespace: string, name: string): void {
    const key = sliceKey(namespace, name);
    const slice = this.#slices.get(key);
    if (!slice) return;
    this.#slices.delete(key);
    const { service } = slice;
    service.slices = service.slices.filter((other) => other !== slice);
    this.#setEndpoints(slice, { ...slice.facts, endpoints: [] });
    this.#changed(service);
  }

  #newSlice(key: string, service: ServiceState): SliceState {
    const { namespace } = service;
    const slice = { service, facts: { namespace, service: '', endpoints: [], ports: [] } };
    this.#slices.set(key, slice);
    service.slices = [...service.slices, slice];
    return slice;
  }

  /** What it costs depends on this slice alone, however many others the Service has. */
  #setEndpoints(slice: SliceState, facts: SliceFacts): void {
    const before = slice.facts.endpoints;
    slice.facts = facts;
    const present = new Set(facts.endpoints.map(({ address }) => address));
    for (const { address } of before) if (!present.has(address)) this.#endpointAddresses.remove(address, slice);
    for (const address of present) this.#endpointAddresses.add(address, slice);
  }

  /** The names of a Service that exists, in a namespace that is shown. */
  service(name: Relative): ServiceNames | undefined {
    const state = this.#services.get(name);
    return state && this.#namesOf(state);
  }

  /** A Service's own name, or one below it; undefined when it does not exist, or is none of a Service at all. */
  owner(name: Relative): Owner | undefined {
    const own = this.#services.get(name);
    if (own) return this.#namesOf(own)?.own;
    // One label or two before it.
    let at = 0;
    for (let labels = 1; labels <= 2; labels++) {
      at += 1 + name.charCodeAt(at);
      const above = this.#services.get(name.slice(at));
      if (above) return this.#namesOf(above)?.below(name.slice(0, at));
    }
    return this.#options.isZonal ? this.#zonal(name) : undefined;
  }

  /** `ZONE.pin._zone.S.NS.svc`; a zone's name may have dots. */
  #zonal(name: Relative): Owner | undefined {
    const labels = labelsOf(name);
    if (labels.length < 6 || labels.at(-4) !== '_zone') return undefined;
    const service = this.service(fromLabels(labels.slice(-3)) ?? '');
    return service?.zonal(labels.slice(0, -5).join('.'), labels.at(-5) ?? '');
  }

  /** Every Service of a namespace that is shown, as it is now. */
  services(): ServiceNames[] {
    return [...this.#services.values()].flatMap((state) => this.#namesOf(state) ?? []);
  }

  /** The Services that own the address as a cluster address. */
  clusterServicesOf(address: string): readonly ServiceNames[] {
    return this.#existing(this.#clusterAddresses.of(address));
  }

  /** The names that have the address as a ready endpoint. */
  endpointNamesOf(address: string): readonly Relative[] {
    const wanted = canonical(address);
    const names = this.#endpointAddresses
      .of(address)
      .flatMap(({ service, facts }) =>
        this.#existing([service]).flatMap((names) =>
          facts.endpoints
            .filter((endpoint) => canonical(endpoint.address) === wanted)
            .flatMap((endpoint) => names.endpointName(endpoint) ?? []),
        ),
      );
    return [...new Set(names)];
  }

  #existing(states: readonly ServiceState[]): ServiceNames[] {
    return states.flatMap((state) => this.#namesOf(state) ?? []).filter(({ facts }) => facts.alias === undefined);
  }

  #namesOf(state: ServiceState): ServiceNames | undefined {
    const { namespace, name, facts } = state;
    if (!facts || !this.#namespaces.has(namespace)) return undefined;
    state.names ??= new ServiceNames(name, facts, factsOf(state.slices), this.#options);
    return state.names;
  }

  /** Undefined for names that cannot stand in DNS. */
  #state(namespace: string, service: string): ServiceState | undefined {
    const name = serviceName(service, namespace);
    if (name === undefined) return undefined;
    const state = this.#services.get(name) ?? {
      namespace,
      name,
      facts: undefined,
      slices: [],
      names: undefined,
    };
    this.#services.set(name, state);
    return state;
  }

  #changed(state: ServiceState): void {
    state.names = undefined;
    if (!state.facts && state.slices.length === 0) this.#services.delete(state.name);
    this.#onChange();
  }
}

const factsOf = (slices: readonly SliceState[]): SliceFacts[] => slices.map(({ facts }) => facts);
const sliceKey = (namespace: string, name: string): string => `${namespace}/${name}`;
