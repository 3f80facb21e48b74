// Event in its two groups: the same objects, under different rules (api.md §16).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Event as CoreEvent } from '../schema/core.ts';
import { Event } from '../schema/events.ts';
import { prune } from '../schema/prune.ts';
import { eventKind } from './event.ts';
import { eventsEventKind, fromCore, toCore } from './events-event.ts';
import { cells, created, texts } from './testing.ts';

const now = new Date('2026-01-01T01:00:00Z');
const metadata = { name: 'web.1', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
const complete = {
  metadata,
  eventTime: '2026-01-01T00:30:00.000000Z',
  reportingController: 'example.com/controller',
  reportingInstance: 'controller-1',
  action: 'Starting',
  reason: 'Started',
  regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
  note: 'It runs',
  type: 'Normal',
};
const make = (change: object) => created(eventsEventKind, { ...complete, ...change });

test('a new event of events.k8s.io keeps to all rules', () => {
  const long = 'x'.repeat(1025);
  const table: [string, object, ...string[]][] = [
    ['good', {}],
    ['good, of a node', { regarding: { kind: 'Node', name: 'n1' } }],
    ['good, a series', { series: { count: 2, lastObservedTime: '2026-01-01T00:31:00.000000Z' } }],
    [
      'of the other API',
      {
        eventTime: null,
        type: 'Odd',
        deprecatedCount: 1,
        deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
        deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
        deprecatedSource: { component: 'kubelet' },
      },
      'eventTime: Required value',
      'type: Invalid value: "": has invalid value: Odd',
      'firstTimestamp: Invalid value: "": needs to be unset',
      'lastTimestamp: Invalid value: "": needs to be unset',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ],
    [
      'nobody reports',
      { reportingController: '', reportingInstance: '', action: '', reason: '' },
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ],
    [
      'too long',
      { note: long, reportingInstance: long, action: long, reason: long },
      'reportingInstance: Invalid value: "": can have at most 128 characters',
      'action: Invalid value: "": can have at most 128 characters',
      'reason: Invalid value: "": can have at most 128 characters',
      'message: Invalid value: "": can have at most 1024 characters',
    ],
    [
      'a short series',
      { series: { count: 1 } },
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
    ],
    [
      'of no namespace, elsewhere',
      { metadata: { ...metadata, namespace: 'other' }, regarding: { kind: 'Node', name: 'n1' } },
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ],
  ];
  for (const [name, change, ...want] of table) {
    const event = make(change);
    const errors = [...(eventsEventKind.validate?.(event) ?? []), ...(eventsEventKind.validateCreate?.(event) ?? [])];
    assert.deepEqual(texts(errors), want, name);
  }
});

test('the core group demands no more of an event than that it is where its object is', () => {
  const core = (change: object) => created(eventKind, { metadata, involvedObject: { name: 'web' }, ...change });
  assert.deepEqual(eventKind.validate?.(core({})), []);
  assert.deepEqual(texts(eventKind.validate?.(core({ metadata: { ...metadata, namespace: 'kube-system' } })) ?? []), [
    'involvedObject.namespace: Invalid value: "": does not match event.namespace',
  ]);
  assert.equal(eventKind.validate?.(core({ eventTime: '2026-01-01T00:00:00.000000Z' })).length, 6);
});

test('of an event of events.k8s.io only the series changes', () => {
  const old = make({});
  const grown = make({ series: { count: 3, lastObservedTime: '2026-01-01T00:40:00.000000Z' } });
  assert.deepEqual(eventsEventKind.validateUpdate?.(grown, old), []);
  const changed = make({
    note: 'other',
    reportingController: 'example.com/other',
    type: 'Warning',
    related: { name: 'x' },
  });
  assert.deepEqual(texts(eventsEventKind.validateUpdate?.(changed, old) ?? []), [
    'message: Invalid value: "other": field is immutable',
    'type: Invalid value: "Warning": field is immutable',
    'related: Invalid value: {"name":"x"}: field is immutable',
    'reportingController: Invalid value: "example.com/other": field is immutable',
  ]);
  // What is wrong with a series of old is not held against who changes something else.
  const odd = make({ series: { count: 1 } });
  assert.deepEqual(eventsEventKind.validateUpdate?.(odd, odd), []);
});

test('both groups print the same row, and find by their own words', () => {
  const event = make({ series: { count: 4, lastObservedTime: '2026-01-01T00:58:00.000000Z' } });
  const want = [
    '2m',
    'Normal',
    'Started',
    'pod/web',
    '',
    'example.com/controller, controller-1',
    'It runs',
    '30m',
    4,
    'web.1',
  ];
  assert.deepEqual(cells(eventsEventKind.columns, event, now, true), want);
  assert.deepEqual(cells(eventKind.columns, toCore(event), now, true), want);
  const { selectableFields = {} } = eventsEventKind;
  assert.equal(selectableFields['regarding.name']?.(event), 'web');
  assert.equal(selectableFields.reportingController?.(event), 'example.com/controller');
  assert.equal(selectableFields['involvedObject.name'], undefined);
});

const word = fc.string({ maxLength: 6 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const moment = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01.250000Z');
const reference = fc.record({ kind: maybe(word), namespace: maybe(word), name: maybe(word), fieldPath: maybe(word) });
const anyCoreEvent = fc
  .record({
    metadata: fc.record({ name: word, labels: maybe(fc.dictionary(word, word)) }),
    involvedObject: reference,
    reason: maybe(word),
    message: maybe(word),
    source: maybe(fc.record({ component: maybe(word), host: maybe(word) })),
    firstTimestamp: maybe(moment),
    lastTimestamp: maybe(moment),
    count: maybe(fc.nat()),
    type: maybe(word),
    eventTime: maybe(moment),
    series: maybe(fc.record({ count: fc.nat(), lastObservedTime: maybe(moment) })),
    action: maybe(word),
    related: maybe(reference),
    reportingComponent: maybe(word),
    reportingInstance: maybe(word),
  })
  .map((input) => prune(CoreEvent, input));

test('an event survives the way into the other words and back', () => {
  fc.assert(
    fc.property(anyCoreEvent, (event) => {
      const other = prune(Event, fromCore(event));
      const back = prune(CoreEvent, toCore(other));
      // A series whose count was left out counts 0 in the words of the newer group.
      assert.equal(JSON.stringify(back), JSON.stringify(event));
      assert.equal(JSON.stringify(prune(Event, fromCore(back))), JSON.stringify(other));
    }),
  );
});
