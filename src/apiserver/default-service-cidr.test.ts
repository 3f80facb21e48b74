import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceCIDR } from '#api/index.ts';
import { planDefault } from './default-service-cidr.ts';

const dual = ['10.96.0.0/12', 'fd00::/108'];
const object = (cidrs: string[], status?: string, metadata: ServiceCIDR['metadata'] = {}): ServiceCIDR => ({
  metadata: { name: 'kubernetes', ...metadata },
  spec: { cidrs },
  ...(status && {
    status: {
      conditions: [
        { type: 'Ready', status, reason: 'Why', message: 'so it is', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  }),
});

const cases: { name: string; object?: ServiceCIDR; cidrs?: string[]; step: string; reason?: string }[] = [
  { name: 'none', step: 'create' },
  { name: 'nobody has said whether it is ready', object: object(dual), step: 'set ready' },
  { name: 'nobody knows whether it is ready', object: object(dual, 'Unknown'), step: 'set ready' },
  { name: 'ready', object: object(dual, 'True'), step: 'nothing' },
  { name: 'somebody says that it is not ready', object: object(dual, 'False'), step: 'nothing', reason: 'Why' },
  { name: 'one range of two', object: object(['10.96.0.0/12'], 'True'), step: 'add second range' },
  {
    name: 'one range, which is the second',
    object: object(['fd00::/108'], 'True'),
    step: 'nothing',
    reason: 'KubernetesDefaultServiceCIDRInconsistent',
  },
  {
    name: 'the ranges in another order',
    object: object(dual.toReversed(), 'True'),
    step: 'nothing',
    reason: 'KubernetesDefaultServiceCIDRInconsistent',
  },
  {
    name: 'a range more than the server has',
    object: object(dual),
    cidrs: ['10.96.0.0/12'],
    step: 'nothing',
    reason: 'KubernetesDefaultServiceCIDRInconsistent',
  },
  {
    name: 'about to go, although its ranges are others',
    object: object(['10.0.0.0/8'], 'False', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    step: 'nothing',
  },
];
for (const { name, object, cidrs = dual, step, reason } of cases) {
  test(`the default ServiceCIDR, ${name}: ${step}`, () => {
    const plan = planDefault(object, cidrs);
    assert.deepEqual([plan.step, plan.finding?.reason], [step, reason]);
  });
}
