import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '#api/index.ts';
import { TriggerTimes } from './trigger-time.ts';

const service = (creationTimestamp = '2026-01-01T00:00:00Z'): Service => ({
  metadata: { name: 'web', namespace: 'default', creationTimestamp },
  spec: {},
});
const pod = (name: string, lastTransitionTime?: string): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [] },
  status: { conditions: lastTransitionTime ? [{ type: 'Ready', status: 'True', lastTransitionTime }] : [] },
});
const at = (second: number, fraction = ''): string => `2026-01-01T00:01:${String(second).padStart(2, '0')}${fraction}Z`;

test('TriggerTimes: the Service is the first trigger, then the earliest of what moved, and nothing when none did', () => {
  const times = new TriggerTimes();
  assert.equal(times.next(service(), [pod('a', at(1)), pod('b', at(2))]), '2026-01-01T00:00:00Z');
  assert.equal(times.next(service(), [pod('a', at(1)), pod('b', at(2))]), undefined);
  assert.equal(times.next(service(), [pod('a', at(9)), pod('b', at(8)), pod('c', at(3))]), at(3), 'the earliest');
  assert.equal(times.next(service(), [pod('a', at(9)), pod('b', at(8))]), undefined, 'a pod is gone');
  assert.equal(times.next(service(), [pod('a', at(9)), pod('b', at(8)), pod('c', at(3))]), at(3), 'and is back');
  assert.equal(times.next(service(), [pod('a', at(4)), pod('b', at(8)), pod('c', at(3))]), undefined, 'time goes back');
  assert.equal(times.next(service(), [pod('a'), pod('b', at(10, '.25')), pod('c', at(3))]), at(10, '.25'));
});

test('TriggerTimes: what could not be written counts the next time too', () => {
  const times = new TriggerTimes();
  times.next(service(), [pod('a', at(1))]);
  assert.equal(times.next(service(), [pod('a', at(2))]), at(2));
  times.missed('default/web', at(2));
  assert.equal(times.next(service(), [pod('a', at(3))]), at(2));
  assert.equal(times.next(service(), [pod('a', at(3))]), undefined);
});

test('TriggerTimes: a Service that was made anew is a trigger, and one that is forgotten begins again', () => {
  const times = new TriggerTimes();
  times.next(service(), [pod('a', at(1))]);
  assert.equal(times.next(service(at(5)), [pod('a', at(1))]), at(5));
  assert.equal(times.next(service(at(5)), [pod('a', at(1))]), undefined);
  times.forget('default/web');
  assert.equal(times.next(service(at(5)), [pod('a', at(7))]), at(5));
});
