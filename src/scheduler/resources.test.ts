// A node with 2 cpu, 1Gi and 3 pods, unless the case says otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '#api/index.ts';
import { requestsOf, shortages } from './resources.ts';

type Quantities = Record<string, string>;
const container = (requests: Quantities, restartPolicy?: string) => ({
  name: 'c',
  resources: { requests },
  ...(restartPolicy && { restartPolicy }),
});
const pod = (requests: Quantities, spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [container(requests)], ...spec },
});
const node = (allocatable: Quantities = { cpu: '2', memory: '1Gi', pods: '3' }): Node => ({
  metadata: { name: 'n' },
  spec: {},
  status: { allocatable },
});

const init = [container({ cpu: '3' }), container({ cpu: '100m' }, 'Always'), container({ cpu: '1', memory: '1Gi' })];
for (const { name, spec, want } of [
  {
    name: 'containers together',
    spec: { containers: [container({ cpu: '500m' }), container({ cpu: '0.25', memory: '1k' })] },
    want: { cpu: 750, memory: 1_000_000 },
  },
  {
    name: 'one init container at a time, when it needs more, with the sidecars started before it',
    spec: { containers: [container({ cpu: '1' })], initContainers: init.slice(1) },
    want: { cpu: 1100, memory: 1024 ** 3 * 1000 },
  },
  {
    name: 'the biggest init container',
    spec: { containers: [container({ cpu: '1' })], initContainers: init.slice(0, 2) },
    want: { cpu: 3000 },
  },
  {
    name: 'sidecars beside the containers',
    spec: { containers: [container({ cpu: '2' })], initContainers: init.slice(1, 2) },
    want: { cpu: 2100 },
  },
  {
    name: 'overhead on top',
    spec: { containers: [container({ cpu: '2' })], overhead: { cpu: '50m', memory: '1' } },
    want: { cpu: 2050, memory: 1000 },
  },
  {
    name: 'those of the pod as a whole, where it names them',
    spec: { containers: [container({ cpu: '2', memory: '1' })], resources: { requests: { cpu: '4' } } },
    want: { cpu: 4000, memory: 1000 },
  },
  { name: 'none', spec: { containers: [{ name: 'c' }] }, want: {} },
]) {
  test(`a pod requests ${name}`, () => {
    const milli = [...requestsOf(pod({}, spec))].map(([resource, nanos]) => [resource, Number(nanos / 1_000_000n)]);
    assert.deepEqual(Object.fromEntries(milli), want);
  });
}

for (const { name, subject, there = [], where = node(), want = [] } of [
  { name: 'nothing requested', subject: pod({}), there: [pod({ cpu: '9' })] },
  {
    name: 'exactly what is left',
    subject: pod({ cpu: '1', memory: '512Mi' }),
    there: [pod({ cpu: '1000m', memory: '512Mi' })],
  },
  { name: 'a little more', subject: pod({ cpu: '1001m' }), there: [pod({ cpu: '1' })], want: ['Insufficient cpu'] },
  {
    name: 'all that is short, not only the first',
    subject: pod({ cpu: '2', memory: '1Gi' }),
    there: [pod({ cpu: '1', memory: '1' }), pod({}), pod({})],
    want: ['Too many pods', 'Insufficient cpu', 'Insufficient memory'],
  },
  {
    name: 'storage',
    subject: pod({ 'ephemeral-storage': '2Gi' }),
    where: node({ 'ephemeral-storage': '1Gi' }),
    want: ['Insufficient ephemeral-storage'],
  },
  {
    name: 'a standard resource that the node does not count',
    subject: pod({ cpu: '2', memory: '1Gi' }),
    where: node({}),
  },
  {
    name: 'a device that the node does not have',
    subject: pod({ 'example.com/gpu': '1' }),
    want: ['Insufficient example.com/gpu'],
  },
  { name: 'a device that is free', subject: pod({ 'example.com/gpu': '1' }), where: node({ 'example.com/gpu': '1' }) },
]) {
  test(`shortages: ${name}`, () => {
    assert.deepEqual(shortages(subject, where, there), want);
  });
}
