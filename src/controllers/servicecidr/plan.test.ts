import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterIPLabels, type IPAddress, type ServiceCIDR } from '#api/index.ts';
import { isNeeded, planEnd, planUse } from './plan.ts';

const now = new Date('2026-01-02T03:04:05Z');
const finalizer = 'networking.k8s.io/service-cidr-finalizer';
const serviceCIDR = (name: string, cidrs: string[], metadata: ServiceCIDR['metadata'] = {}): ServiceCIDR => ({
  metadata: { name, ...metadata },
  spec: { cidrs },
});
const leaving = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [finalizer] };
const address = (name: string, labels = clusterIPLabels(name.includes(':') ? 'IPv6' : 'IPv4')): IPAddress => ({
  metadata: { name, labels },
  spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
});
const condition = (status: string, reason: string) => ({
  type: 'Ready',
  status,
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

test('one that stays gets the finalizer and is ready; what is so stays so', () => {
  const plan = planUse(serviceCIDR('a', ['10.1.0.0/16'], { finalizers: ['x'] }), now);
  assert.deepEqual(plan.finalizers, ['x', finalizer]);
  const { lastTransitionTime, ...ready } = plan.ready ?? { lastTransitionTime: '' };
  assert.deepEqual(ready, { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' });
  assert.equal(lastTransitionTime, '2026-01-02T03:04:05Z');
  const done = serviceCIDR('a', ['10.1.0.0/16'], { finalizers: [finalizer] });
  assert.deepEqual(planUse({ ...done, status: { conditions: [condition('True', '')] } }, now), {});
  assert.equal(planUse({ ...done, status: { conditions: [condition('False', 'X')] } }, now).ready?.status, 'True');
});

test('one that is to go says why it does not, once, and loses its own finalizer in the end', () => {
  const object = serviceCIDR('a', ['10.1.0.0/16'], { ...leaving, finalizers: [finalizer, 'x'] });
  const { ready, finalizers } = planEnd(object, true, now);
  assert.deepEqual([ready?.status, ready?.reason, finalizers], ['False', 'Terminating', undefined]);
  assert.match(ready?.message ?? '', /still IPAddresses referencing the ServiceCIDR/);
  assert.deepEqual(planEnd({ ...object, status: { conditions: [condition('False', 'Terminating')] } }, true, now), {});
  assert.deepEqual(planEnd(object, false, now), { finalizers: ['x'] });
  assert.deepEqual(planEnd(serviceCIDR('a', [], { finalizers: ['x'] }), false, now), {});
});

describe('a ServiceCIDR is needed', () => {
  const mine = serviceCIDR('a', ['10.1.0.0/16', 'fd00:1::/112'], leaving);
  const cases: { name: string; others?: ServiceCIDR[]; addresses: IPAddress[]; want: boolean }[] = [
    { name: 'not without addresses', addresses: [], want: false },
    { name: 'for an address of its own', addresses: [address('10.1.2.3')], want: true },
    { name: 'for one of its second family', addresses: [address('fd00:1::7')], want: true },
    { name: 'not for one of another range', addresses: [address('10.2.2.3')], want: false },
    { name: 'not for what somebody else keeps there', addresses: [address('10.1.2.3', {})], want: false },
    {
      name: 'not for addresses that it never gives',
      addresses: [address('10.1.0.0'), address('10.1.255.255')],
      want: false,
    },
    {
      name: 'not where another has the same range',
      others: [serviceCIDR('b', ['10.1.0.0/16'])],
      addresses: [address('10.1.2.3')],
      want: false,
    },
    {
      name: 'not where a larger one has its range',
      others: [serviceCIDR('b', ['10.0.0.0/8'])],
      addresses: [address('10.1.2.3'), address('10.1.255.254')],
      want: false,
    },
    {
      name: 'not where a smaller one has the addresses that there are',
      others: [serviceCIDR('b', ['10.1.2.0/24'])],
      addresses: [address('10.1.2.3')],
      want: false,
    },
    {
      name: 'for what the smaller one does not have, its broadcast address included',
      others: [serviceCIDR('b', ['10.1.2.0/24'])],
      addresses: [address('10.1.2.255')],
      want: true,
    },
    {
      name: 'although another has the range, if that is to go too',
      others: [serviceCIDR('b', ['10.1.0.0/16'], leaving)],
      addresses: [address('10.1.2.3')],
      want: true,
    },
    {
      name: 'for the family that the other one lacks',
      others: [serviceCIDR('b', ['10.1.0.0/16'])],
      addresses: [address('10.1.2.3'), address('fd00:1::7')],
      want: true,
    },
  ];
  for (const { name, others = [], addresses, want } of cases) {
    test(name, () => assert.equal(isNeeded(mine, [mine, ...others], addresses), want));
  }
});
