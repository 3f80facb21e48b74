// The cluster's API as the source of records: a watch on each resource, whose changes go straight into the index. Of an
// object only what DNS needs is kept, as soon as it is read; a new list is compared page by page with what is there, so
// that there is never a second copy. When the API is lost, the last state goes on being served (spec/dns.md §4).

import type { EndpointSlice, KubeObject, Namespace, Pod, Service } from '#api/index.ts';
import { endpointSlices, namespaces, pods, ref, services } from '#api/resources.ts';
import { serviceNameLabel } from '#api/well-known-labels.ts';
import { type Client, type Mirror, type Resource, reflect, type Selection } from '#client/index.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { KubernetesSettings } from './config/settings.ts';
import type { ProgrammingLatency } from './programming-latency.ts';
import {
  type FactOptions,
  importedServiceLabel,
  importedSliceFacts,
  importFacts,
  inShort,
  type PodIndex,
  podAddresses,
  type RecordIndex,
  type ServiceImport,
  serviceFacts,
  sliceFacts,
} from './records/index.ts';
import type { SkippedObjects } from './skipped-objects.ts';

const serviceImports = ref<ServiceImport>('multicluster.x-k8s.io/v1alpha1', 'serviceimports', 'ServiceImport');

/** Small, because parsing a page holds up the queries that come meanwhile. */
const pageSize = 50;

type Wanted = Pick<KubernetesSettings, 'namespaces' | 'namespaceLabels' | 'labels' | 'endpoints' | 'endpointPodNames'>;

export interface SourceParts {
  readonly client: Client;
  readonly index: RecordIndex;
  /** Fed only where it is wanted: pods are many. */
  readonly pods?: PodIndex | undefined;
  /** Fed only where other clusters' Services are wanted. */
  readonly imports?: RecordIndex;
  readonly facts?: FactOptions;
  readonly latency?: ProgrammingLatency;
  readonly skipped: SkippedObjects;
  readonly log?: Logger;
}

interface Feed<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly set: (object: T) => void;
  readonly remove: (namespace: string, name: string) => void;
  /** After `set`, where a watch told of the object, not a list. */
  readonly onChange?: (object: T) => void;
}

export class ClusterSource {
  readonly #parts: SourceParts;
  readonly #wanted: Wanted;
  readonly #log: Logger;
  #hasSynced = false;

  constructor(parts: SourceParts, wanted: Wanted) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.#log = parts.log ?? createLogger('dns');
  }

  /** Whether every object that the API listed first can be asked for. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { pods: podIndex, imports } = this.#parts;
    const listed = [
      this.#follow(this.#namespaceFeed(), signal),
      this.#follow(this.#serviceFeed(), signal),
      ...(this.#wanted.endpoints ? [this.#follow(this.#sliceFeed(), signal)] : []),
      ...(podIndex ? [this.#follow(this.#podFeed(podIndex), signal)] : []),
      ...(imports ? [this.#follow(this.#importFeed(imports), signal)] : []),
      ...(imports ? [this.#follow(this.#importedSliceFeed(imports), signal)] : []),
    ];
    void Promise.all(listed).then(() => {
      this.#hasSynced = true;
    });
  }

  /** Resolves when the resource has been listed once. */
  #follow<T extends KubeObject>(feed: Feed<T>, signal: AbortSignal): Promise<void> {
    const listed = Promise.withResolvers<void>();
    const { skipped } = this.#parts;
    const mirror = new FeedMirror({ feed, skipped, onListed: listed.resolve }, this.#wanted.namespaces);
    void reflect(feed.resource, { ...feed.selection, pageSize }, mirror, { signal, log: this.#log });
    return listed.promise;
  }

  /** Of Services and what belongs to them. */
  get #selection(): Selection {
    const [only, ...others] = this.#wanted.namespaces;
    return { labelSelector: this.#wanted.labels, namespace: others.length === 0 ? only : undefined };
  }

  #namespaceFeed(): Feed<Namespace> {
    const { client, index, imports } = this.#parts;
    const indexes = imports ? [index, imports] : [index];
    return {
      resource: client.resource(namespaces),
      selection: { labelSelector: this.#wanted.namespaceLabels },
      set: ({ metadata }) => {
        for (const each of indexes) each.setNamespace(metadata.name ?? '');
      },
      remove: (_, name) => {
        for (const each of indexes) each.removeNamespace(name);
      },
    };
  }

  #serviceFeed(): Feed<Service> {
    const { client, index, facts } = this.#parts;
    return {
      resource: client.resource(services),
      selection: this.#selection,
      set: (service) => index.setService(serviceFacts(service, facts)),
      remove: (namespace, name) => index.removeService({ namespace, name }),
    };
  }

  #sliceFeed(): Feed<EndpointSlice> {
    const { client, index, facts, latency } = this.#parts;
    return {
      resource: client.resource(endpointSlices),
      selection: this.#selection,
      set: (slice) => index.setSlice(slice.metadata.name ?? '', sliceFacts(slice, facts)),
      remove: (namespace, name) => index.removeSlice(namespace, name),
      onChange: (slice) => {
        const { namespace = '', labels } = slice.metadata;
        const service = index.factsOf({ namespace, name: labels?.[serviceNameLabel] ?? '' });
        if (service) latency?.shown(slice, service.isHeadless);
      },
    };
  }

  #importFeed(index: RecordIndex): Feed<ServiceImport> {
    return {
      resource: this.#parts.client.resource(serviceImports),
      selection: this.#selection,
      set: (object) => index.setService(importFacts(object)),
      remove: (namespace, name) => index.removeService({ namespace, name }),
    };
  }

  #importedSliceFeed(index: RecordIndex): Feed<EndpointSlice> {
    const labels = this.#wanted.labels ? [this.#wanted.labels] : [];
    return {
      resource: this.#parts.client.resource(endpointSlices),
      selection: { ...this.#selection, labelSelector: [importedServiceLabel, ...labels].join() },
      set: (slice) => index.setSlice(slice.metadata.name ?? '', importedSliceFacts(slice)),
      remove: (namespace, name) => index.removeSlice(namespace, name),
    };
  }

  #podFeed(index: PodIndex): Feed<Pod> {
    const finished = ['Succeeded', 'Failed', 'Unknown'];
    return {
      resource: this.#parts.client.resource(pods),
      selection: { fieldSelector: finished.map((phase) => `status.phase!=${phase}`).join() },
      set: (pod) => {
        const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
        // One that is about to end counts until it has, but only with those who saw it before.
        if (!pod.metadata.deletionTimestamp || index.knows(key)) index.set(key, podAddresses(pod));
      },
      remove: (namespace, name) => index.remove(`${namespace}/${name}`),
    };
  }
}

interface MirrorParts<T extends KubeObject> {
  readonly feed: Feed<T>;
  readonly skipped: SkippedObjects;
  readonly onListed: () => void;
}

/** Names of Kubernetes have 253 characters at most; more need not be kept of what calls itself something else. */
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 253;

/**
 * Which version of each object was told to the feed. What cannot be used is skipped: an earlier state of it stays, others
 * do not notice.
 */
class FeedMirror<T extends KubeObject> implements Mirror<T, string> {
  readonly #parts: MirrorParts<T>;
  readonly #shown: readonly string[];
  /** Empty for an object that has none. */
  readonly #versions = new Map<string, string>();

  /** @param shown the only namespaces that are; all when empty */
  constructor(parts: MirrorParts<T>, shown: readonly string[]) {
    this.#parts = parts;
    this.#shown = shown;
  }

  /** The key of the object; empty when it has none. */
  keep(object: T): string {
    const key = this.#keyOf(object);
    if (key === '' || !this.#isShown(object)) return key;
    const version = versionOf(object);
    if (version !== '' && this.#versions.get(key) === version) return key;
    this.#versions.set(key, version);
    this.#attempt(key, () => this.#parts.feed.set(object));
    return key;
  }

  replace(keys: readonly string[]): void {
    const present = new Set(keys);
    for (const key of this.#versions.keys()) if (!present.has(key)) this.#forget(key);
    this.#parts.onListed();
  }

  put(object: T): void {
    const key = this.keep(object);
    if (key !== '' && this.#isShown(object)) this.#attempt(key, () => this.#parts.feed.onChange?.(object));
  }

  remove(object: T): void {
    this.#forget(this.#keyOf(object));
  }

  skip(what: unknown): void {
    this.#skip('', new Error(`it has no metadata: ${inShort(what)}`));
  }

  #skip(key: string, error: unknown): void {
    const { feed, skipped } = this.#parts;
    skipped.add(feed.resource.ref.resource, key, error);
  }

  /** An exception must not end the watch: the next one would begin with the same object. */
  #attempt(key: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#skip(key, error);
    }
  }

  #keyOf({ metadata: { namespace, name } }: T): string {
    if (isName(name) && (namespace === undefined || isName(namespace))) return `${namespace ?? ''}/${name}`;
    this.#skip('', new Error('its name or namespace is none'));
    return '';
  }

  #forget(key: string): void {
    const slash = key.indexOf('/');
    if (this.#versions.delete(key)) this.#parts.feed.remove(key.slice(0, slash), key.slice(slash + 1));
  }

  #isShown({ metadata: { namespace, name = '' } }: KubeObject): boolean {
    return this.#shown.length === 0 || this.#shown.includes(namespace ?? name);
  }
}

/** The uid counts too: another server behind the same address counts its versions from the start again. */
function versionOf({ metadata: { resourceVersion, uid = '' } }: KubeObject): string {
  const version = `${resourceVersion} ${uid}`;
  return isName(resourceVersion) && version.length <= 300 ? version : '';
}
