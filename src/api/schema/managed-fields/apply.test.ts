// The rules of apply, for all configurations (api.md §10.3). Examples with their texts are in the API server's tests.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { prune } from '../prune.ts';
import { Service } from '../service.ts';
import { type Applied, apply } from './apply.ts';
import { equalJson } from './equal.ts';
import { pathsOf } from './fields.ts';
import { nothingIgnored } from './ignored.ts';
import { entriesOf, type Manager, type Owner, ownerOf, storedOwners } from './managers.ts';
import { formatPath } from './path-element.ts';
import { shapeOf } from './shape.ts';
import { anyService } from './testing.ts';
import { trackUpdate } from './track.ts';
import { singleVersion } from './versions.ts';

const shape = shapeOf(Service);
const versions = singleVersion('v1', shape);
const applier = (name: string): Manager => ({ name, operation: 'Apply', apiVersion: 'v1', subresource: '' });

interface State {
  readonly object: Record<string, unknown>;
  readonly owners: readonly Owner[];
}
const nothing: State = { object: stored({}), owners: [] };

/** As the server stores it. */
function stored(object: object): Record<string, unknown> {
  return prune(Service, object) as unknown as Record<string, unknown>;
}

function applied(state: State, name: string, config: object, force = true): State {
  const result: Applied = apply({
    versions,
    live: state.object,
    config,
    owners: state.owners,
    manager: applier(name),
    ignored: nothingIgnored,
    force,
    time: '2025-01-01T00:00:00Z',
  });
  if ('conflicts' in result) throw new Error(result.conflicts.map(({ path }) => path).join(', '));
  // By way of the entries, as between two requests.
  const owners = storedOwners(JSON.parse(JSON.stringify(entriesOf(result.owners) ?? [])));
  return { object: stored(result.object), owners };
}

const ownedBy = ({ owners }: State, name: string): string[] => {
  const owner = owners.find((candidate) => candidate.name === name);
  return owner ? [...pathsOf(owner.fields)].map(formatPath) : [];
};

describe('for all configurations', () => {
  test('applying again changes nothing', () => {
    fc.assert(
      fc.property(anyService, anyService, (other, config) => {
        const once = applied(applied(nothing, 'other', other), 'me', config);
        const twice = applied(once, 'me', config, false);
        assert.deepEqual(twice, once);
      }),
    );
  });

  test('what is applied is there', () => {
    fc.assert(
      fc.property(anyService, anyService, (other, config) => {
        const { object } = applied(applied(nothing, 'other', other), 'me', config);
        const [again] = [applied({ object, owners: [] }, 'me', config)];
        assert.ok(equalJson(again.object, object));
      }),
    );
  });

  test('applying nothing removes exactly what nobody else owns', () => {
    fc.assert(
      fc.property(anyService, anyService, (first, second) => {
        const alone = applied(nothing, 'first', first);
        const both = applied(alone, 'second', second);
        const back = applied(both, 'second', {});
        const owned = new Set([...ownedBy(both, 'first')]);
        // What the first one still has is there, with the value that it has now, and nothing else is.
        const rest = applied({ object: back.object, owners: [] }, 'probe', back.object);
        const left = ownedBy(rest, 'probe').filter((path) => !isContainer(path));
        assert.deepEqual(
          left.filter((path) => !owned.has(path)),
          [],
        );
        assert.deepEqual(ownedBy(back, 'second'), []);
        assert.deepEqual(ownedBy(back, 'first'), ownedBy(both, 'first'));
      }),
    );
  });

  test('an applier that comes and goes leaves nothing behind', () => {
    fc.assert(
      fc.property(anyService, (config) => {
        const gone = applied(applied(nothing, 'me', config), 'me', {});
        assert.deepEqual(gone, { object: nothing.object, owners: [] });
      }),
    );
  });

  test('appliers of different fields do not mind who comes first', () => {
    const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'), { minKeys: 1 });
    fc.assert(
      fc.property(labels, labels, (one, other) => {
        const first = { metadata: { labels: one } };
        const second = { metadata: { annotations: other, labels: { z: '1' } } };
        const there = applied(applied(nothing, 'one', first, false), 'two', second, false);
        const back = applied(applied(nothing, 'two', second, false), 'one', first, false);
        assert.deepEqual(back, there);
      }),
    );
  });

  test('no applier can take what another has with another value, unless by force', () => {
    fc.assert(
      fc.property(anyService, anyService, (first, second) => {
        const alone = applied(nothing, 'first', first);
        const forced = applied(alone, 'second', second);
        const taken = ownedBy(alone, 'first').filter((path) => !ownedBy(forced, 'first').includes(path));
        if (taken.length > 0) assert.throws(() => applied(alone, 'second', second, false));
        else assert.deepEqual(applied(alone, 'second', second, false), forced);
      }),
    );
  });
});

/** Fields below which there are others: they come and go with what is in them. */
const isContainer = (path: string): boolean =>
  /^\.(spec|metadata\.(labels|annotations|finalizers)|spec\.ports)(\[[^\]]*\])?$/.test(path);

describe('for all updates', () => {
  const updater: Manager = { name: 'updater', operation: 'Update', apiVersion: 'v1', subresource: '' };
  test("every changed field is the updater's alone, and no owner has what is gone", () => {
    fc.assert(
      fc.property(anyService, anyService, (before, after) => {
        const { object, owners } = applied(nothing, 'me', before);
        const now = stored(after);
        const change = { versions, version: 'v1', before: object, after: now, ignored: nothingIgnored };
        const updated = trackUpdate(change, owners, updater, 't');
        if (equalJson(object, now)) return assert.equal(updated, owners);
        const names = (name: string) => ownedBy({ object: now, owners: updated }, name);
        const mine = new Set(names('me'));
        assert.ok(names('updater').every((path) => !mine.has(path)));
        const there = new Set(ownedBy(applied(nothing, 'probe', now), 'probe'));
        assert.deepEqual(
          [...mine].filter((path) => !there.has(path) && !isContainer(path)),
          [],
        );
      }),
    );
  });

  test('no ownership is lost when one entry becomes two', () => {
    const owner = ownerOf(updater, {}, undefined);
    assert.equal(owner.id, '{"manager":"updater","operation":"Update","apiVersion":"v1"}');
  });
});
