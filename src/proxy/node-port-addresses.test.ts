// What --nodeport-addresses understands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsIn, nodePortRanges } from './node-port-addresses.ts';

test('nodePortRanges: primary, ranges and localhost, which needs primary', () => {
  const nodeIPs = ['192.168.0.1', 'fd00::1'];
  assert.deepEqual(nodePortRanges(['primary', 'localhost'], nodeIPs), nodeIPs);
  assert.deepEqual(nodePortRanges(['10.0.0.0/8'], nodeIPs), ['10.0.0.0/8']);
  assert.throws(() => nodePortRanges(['localhost'], nodeIPs), /Use "primary,localhost"/);
  assert.throws(() => nodePortRanges(['eth0'], nodeIPs), /Cannot serve node ports at "eth0"/);
});

test('hostsIn: the addresses in the ranges, or one for all of a family; never the loopback', () => {
  const addresses = ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.1', 'fd00::1', 'fe80::1'];
  assert.deepEqual(hostsIn(['192.168.0.1', 'fd00::1'], addresses), ['192.168.0.1', 'fd00::1']);
  assert.deepEqual(hostsIn(['10.0.0.0/8', '127.0.0.0/8'], addresses), ['10.1.2.3']);
  assert.deepEqual(hostsIn(['0.0.0.0/0', '10.0.0.0/8', 'fd00::/8'], addresses), ['0.0.0.0', 'fd00::1']);
  assert.deepEqual(hostsIn(['::/0'], addresses), ['::']);
  assert.deepEqual(hostsIn(['172.16.0.0/12'], addresses), []);
});
