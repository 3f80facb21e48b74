// Which pods a Service selects and which Services select a pod, kept current as either changes. Selectors of a namespace
// that name the same labels are one table by those labels' values, so that neither a Service's sync nor a pod's change goes
// through all pods or all Services. The first selector of its shape costs one walk over the pods of its namespace.

import type { Pod, Service } from '#api/index.ts';
import { type Change, keyOf } from '#client/index.ts';
import { isSelecting } from './service-pods.ts';

/** Those who agree on the values of the labels. */
interface Group {
  readonly services: Map<string, Service>;
  readonly pods: Map<string, Pod>;
}

/** Selectors that name the same labels. */
interface Shape {
  readonly labels: readonly string[];
  /** By the labels' values. */
  readonly groups: Map<string, Group>;
  /** How many Services have it. */
  services: number;
}

/** What is needed of an informer. */
interface Source<T> {
  onChange(handler: (change: Change<T>) => void): void;
  list(namespace?: string): T[];
}

export class SelectorIndex {
  /** By namespace, then by the names of the labels. */
  readonly #namespaces = new Map<string, Map<string, Shape>>();
  readonly #pods: Source<Pod>;

  /** To be made before other handlers of these informers, which then find it up to date. */
  constructor({ services, pods }: { services: Source<Service>; pods: Source<Pod> }) {
    this.#pods = pods;
    services.onChange(({ type, object, old }) => {
      if (type !== 'deleted') this.#addService(object);
      if (type === 'deleted') this.#removeService(object);
      else if (old && selectorKey(old) !== selectorKey(object)) this.#removeService(old);
    });
    pods.onChange(({ type, object, old }) => this.#movePod(old ?? object, type === 'deleted' ? undefined : object));
  }

  /** In the order in which they came. */
  podsOf(service: Service): Pod[] {
    return [...(this.#groupOf(service)?.pods.values() ?? [])];
  }

  servicesOf({ metadata }: Pod): Service[] {
    const shapes = this.#namespaces.get(metadata.namespace ?? '')?.values() ?? [];
    return [...shapes].flatMap((shape) => {
      const values = valuesIn(metadata.labels, shape.labels);
      return values === undefined ? [] : [...(shape.groups.get(values)?.services.values() ?? [])];
    });
  }

  #groupOf(service: Service): Group | undefined {
    const { namespace = '', labels, values } = partsOf(service);
    return this.#namespaces.get(namespace)?.get(labels.join())?.groups.get(values);
  }

  #addService(service: Service): void {
    if (!isSelecting(service)) return;
    const { namespace = '', labels, values } = partsOf(service);
    const shapes = this.#namespaces.get(namespace) ?? new Map<string, Shape>();
    this.#namespaces.set(namespace, shapes);
    let shape = shapes.get(labels.join());
    if (!shape) {
      shape = { labels, groups: new Map(), services: 0 };
      shapes.set(labels.join(), shape);
      for (const pod of this.#pods.list(namespace)) placePod(shape, pod);
    }
    const group = groupAt(shape, values);
    if (!group.services.has(keyOf(service))) shape.services += 1;
    group.services.set(keyOf(service), service);
  }

  #removeService(service: Service): void {
    const { namespace = '', labels, values } = partsOf(service);
    const shapes = this.#namespaces.get(namespace);
    const shape = shapes?.get(labels.join());
    const group = shape?.groups.get(values);
    if (!shapes || !shape || !group?.services.delete(keyOf(service))) return;
    shape.services -= 1;
    dropIfEmpty(shape, values, group);
    if (shape.services === 0) shapes.delete(labels.join());
    if (shapes.size === 0) this.#namespaces.delete(namespace);
  }

  #movePod(before: Pod, now: Pod | undefined): void {
    for (const shape of this.#namespaces.get(before.metadata.namespace ?? '')?.values() ?? []) {
      const from = valuesIn(before.metadata.labels, shape.labels);
      const to = now && valuesIn(now.metadata.labels, shape.labels);
      if (from !== undefined && from !== to) {
        const group = shape.groups.get(from);
        group?.pods.delete(keyOf(before));
        if (group) dropIfEmpty(shape, from, group);
      }
      if (now) placePod(shape, now);
    }
  }
}

function placePod(shape: Shape, pod: Pod): void {
  const values = valuesIn(pod.metadata.labels, shape.labels);
  if (values !== undefined) groupAt(shape, values).pods.set(keyOf(pod), pod);
}

function groupAt({ groups }: Shape, values: string): Group {
  const group = groups.get(values) ?? { services: new Map(), pods: new Map() };
  groups.set(values, group);
  return group;
}

function dropIfEmpty({ groups }: Shape, values: string, { services, pods }: Group): void {
  if (services.size === 0 && pods.size === 0) groups.delete(values);
}

/** Neither keys nor values of labels have commas in them. Undefined when one of the labels is missing. */
function valuesIn(of: Readonly<Record<string, string>> = {}, labels: readonly string[]): string | undefined {
  let values = '';
  for (const label of labels) {
    const value = Object.hasOwn(of, label) ? of[label] : undefined;
    if (value === undefined) return undefined;
    values += `${value},`;
  }
  return values;
}

function partsOf({ metadata: { namespace }, spec: { selector = {} } }: Service) {
  const labels = Object.keys(selector).sort();
  return { namespace, labels, values: valuesIn(selector, labels) ?? '' };
}

const selectorKey = (service: Service): string => {
  const { labels, values } = partsOf(service);
  return isSelecting(service) ? `${labels.join()} ${values}` : '';
};
