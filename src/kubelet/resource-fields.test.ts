import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceValue } from './resource-fields.ts';

const allocatable = { cpu: '4', memory: '8388608Ki' };
const resources = {
  limits: { cpu: '1500m', memory: '128Mi' },
  requests: { cpu: '250m', memory: '100M', 'ephemeral-storage': '1Gi' },
};

for (const [resource, divisor, want] of [
  ['limits.cpu', '0', '2'],
  ['limits.cpu', '1', '2'],
  ['limits.cpu', '1m', '1500'],
  ['limits.memory', undefined, String(128 * 1024 * 1024)],
  ['limits.memory', '1Mi', '128'],
  ['limits.memory', '1M', '135'],
  ['requests.cpu', '1m', '250'],
  ['requests.cpu', '100m', '3'],
  ['requests.memory', '1k', '100000'],
  ['requests.ephemeral-storage', '1Mi', '1024'],
  ['limits.ephemeral-storage', '1', '0'],
] as const) {
  test(`resourceValue: ${resource} in ${divisor}`, () => {
    assert.equal(resourceValue({ resource, divisor }, { name: 'c', resources }, allocatable), want);
  });
}

test('resourceValue: without a limit what the node has, without a request the limit, else nothing', () => {
  const value = (resource: string, limits?: Record<string, string>) =>
    resourceValue({ resource, divisor: '0' }, { name: 'c', resources: { limits } }, allocatable);
  assert.equal(value('limits.cpu'), '4');
  assert.equal(value('limits.memory'), '8589934592');
  assert.equal(value('limits.memory', { memory: '0' }), '8589934592');
  assert.equal(value('requests.cpu'), '0');
  assert.equal(value('requests.cpu', { cpu: '3' }), '3');
  assert.throws(() => value('cpu'), /unsupported container resource: cpu/);
});
