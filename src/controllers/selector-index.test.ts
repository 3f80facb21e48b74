// The index agrees with what selectors say, whatever came in which order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesMap, type Pod, type Service } from '#api/index.ts';
import { type Change, keyOf } from '#client/index.ts';
import { SelectorIndex } from './selector-index.ts';
import { isSelecting } from './service-pods.ts';

/** What an informer is to the index, without a server behind it: changes are told as an informer tells them. */
class Cache<T extends Pod | Service> {
  readonly #objects = new Map<string, T>();
  #handler: (change: Change<T>) => void = () => {};

  onChange(handler: (change: Change<T>) => void): void {
    this.#handler = handler;
  }

  list(namespace?: string): T[] {
    return [...this.#objects.values()].filter(({ metadata }) => !namespace || metadata.namespace === namespace);
  }

  put(object: T): void {
    const old = this.#objects.get(keyOf(object));
    this.#objects.set(keyOf(object), object);
    this.#handler(old ? { type: 'updated', object, old } : { type: 'added', object });
  }

  remove(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#handler({ type: 'deleted', object });
  }
}

const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'zone'), fc.constantFrom('', 'a', 'b'), { maxKeys: 3 });
const metadata = fc.record({ name: fc.constantFrom('x', 'y', 'z'), namespace: fc.constantFrom('one', 'two') });
const selector = fc.oneof(fc.constant(undefined), labels);
const type = fc.constantFrom('ClusterIP', 'ClusterIP', 'ExternalName');
const service: fc.Arbitrary<Service> = fc.record({ metadata, spec: fc.record({ selector, type }) });
const pod: fc.Arbitrary<Pod> = fc
  .record({ metadata, labels })
  .map(({ metadata: named, labels: worn }) => ({ metadata: { ...named, labels: worn }, spec: { containers: [] } }));
const change = fc.oneof(
  service.map((object) => ({ service: object })),
  pod.map((object) => ({ pod: object })),
  metadata.map((object) => ({ goneService: keyOf({ metadata: object }) })),
  metadata.map((object) => ({ gonePod: keyOf({ metadata: object }) })),
);

test('after any changes each Service has the pods that its selector matches, and each pod those Services', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60, size: 'max' }), (changes) => {
      const services = new Cache<Service>();
      const pods = new Cache<Pod>();
      const index = new SelectorIndex({ services, pods });
      for (const one of changes) {
        if ('service' in one) services.put(one.service);
        else if ('pod' in one) pods.put(one.pod);
        else if ('goneService' in one) services.remove(one.goneService);
        else pods.remove(one.gonePod);
      }
      const selects = (by: Service, of: Pod): boolean =>
        isSelecting(by) &&
        by.metadata.namespace === of.metadata.namespace &&
        matchesMap(by.spec.selector ?? {}, of.metadata.labels);
      const sorted = (objects: (Pod | Service)[]) => objects.map(keyOf).sort();
      for (const each of services.list().filter(isSelecting)) {
        const want = pods.list().filter((of) => selects(each, of));
        assert.deepEqual(sorted(index.podsOf(each)), sorted(want));
        for (const of of index.podsOf(each)) assert.ok(want.includes(of), 'the newest version');
      }
      for (const each of pods.list()) {
        const want = services.list().filter((by) => selects(by, each));
        assert.deepEqual(sorted(index.servicesOf(each)), sorted(want));
      }
    }),
    { numRuns: 500 },
  );
});
