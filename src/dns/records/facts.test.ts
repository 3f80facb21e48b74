import assert from 'node:assert/strict';
import { test } from 'node:test';
import { service } from '../testing/cluster.ts';
import { serviceFacts } from './facts.ts';

test('a Service without clusterIPs has its clusterIP', () => {
  const clusterIPs = (spec: Parameters<typeof service>[1]) => serviceFacts(service('web', spec)).clusterIPs;
  assert.deepEqual(clusterIPs({ clusterIP: '10.96.0.1' }), ['10.96.0.1']);
  assert.deepEqual(clusterIPs({ clusterIP: '10.96.0.1', clusterIPs: [] }), ['10.96.0.1']);
  assert.deepEqual(clusterIPs({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1'] }), [
    '10.96.0.1',
    'fd00::1',
  ]);
  assert.deepEqual(clusterIPs({ clusterIP: 'None', clusterIPs: ['None'] }), []);
  assert.deepEqual(clusterIPs({ clusterIP: '' }), []);
});
