import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '#api/index.ts';
import { type Candidate, describeReasons, reasonsAgainst } from './filter.ts';
import { best } from './score.ts';

const node = (
  name: string,
  spec: Partial<Node['spec']> = {},
  labels: Record<string, string> = {},
  ready = 'True',
): Node => ({
  metadata: { name, labels },
  spec,
  status: { conditions: [{ type: 'Ready', status: ready }], allocatable: { pods: '3' } },
});
const pod = (spec: Partial<Pod['spec']> = {}, owner?: string): Pod => ({
  metadata: {
    name: 'p',
    namespace: 'default',
    ...(owner && {
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
    }),
  },
  spec: { containers: [], ...spec },
});
const on = (where: Node, ...pods: Pod[]): Candidate => ({ node: where, pods });
const affinity = (operator: string, ...values: string[]): Partial<Pod['spec']> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator, values }] }],
      },
    },
  },
});
const hostPort = (port: number, hostIP?: string): Partial<Pod['spec']> => ({
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: port, ...(hostIP && { hostIP }) }] }],
});
const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

for (const { name, spec, candidate, want } of [
  { name: 'a plain node', candidate: on(node('n')) },
  { name: 'a node that is not ready', candidate: on(node('n', {}, {}, 'Unknown')), want: 'node(s) were not ready' },
  { name: 'a cordoned node', candidate: on(node('n', { unschedulable: true })), want: 'node(s) were unschedulable' },
  {
    name: 'a cordoned node, tolerated',
    spec: { tolerations: [{ operator: 'Exists' }] },
    candidate: on(node('n', { unschedulable: true })),
  },
  { name: 'a taint', candidate: on(node('n', { taints: [taint] })), want: 'node(s) had untolerated taint {gpu: yes}' },
  { name: 'a taint of preference', candidate: on(node('n', { taints: [{ ...taint, effect: 'PreferNoSchedule' }] })) },
  {
    name: 'a tolerated taint',
    spec: { tolerations: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] },
    candidate: on(node('n', { taints: [taint] })),
  },
  {
    name: 'a toleration of another value',
    spec: { tolerations: [{ key: 'gpu', value: 'no' }] },
    candidate: on(node('n', { taints: [taint] })),
    want: 'node(s) had untolerated taint {gpu: yes}',
  },
  {
    name: 'a nodeSelector that is not met',
    spec: { nodeSelector: { disk: 'ssd' } },
    candidate: on(node('n', {}, { disk: 'hdd' })),
    want: "node(s) didn't match Pod's node affinity/selector",
  },
  { name: 'affinity In', spec: affinity('In', 'ssd', 'nvme'), candidate: on(node('n', {}, { disk: 'nvme' })) },
  { name: 'affinity NotIn without the label', spec: affinity('NotIn', 'ssd'), candidate: on(node('n')) },
  { name: 'affinity Gt', spec: affinity('Gt', '5'), candidate: on(node('n', {}, { disk: '10' })) },
  {
    name: 'affinity Exists without the label',
    spec: affinity('Exists'),
    candidate: on(node('n')),
    want: "node(s) didn't match Pod's node affinity/selector",
  },
  {
    name: 'a host port that is taken',
    spec: hostPort(80),
    candidate: on(node('n'), pod(hostPort(80, '10.0.0.1'))),
    want: "node(s) didn't have free ports for the requested pod ports",
  },
  {
    name: 'a host port on another address',
    spec: hostPort(80, '10.0.0.2'),
    candidate: on(node('n'), pod(hostPort(80, '10.0.0.1'))),
  },
  { name: 'a full node', candidate: on(node('n'), pod(), pod(), pod()), want: 'Too many pods' },
]) {
  test(`reasonsAgainst ${name}`, () => {
    assert.deepEqual(reasonsAgainst(pod(spec), candidate), want === undefined ? [] : [want]);
  });
}

test('describeReasons counts alike ones', () => {
  assert.equal(
    describeReasons(3, ['node(s) were unschedulable', 'Too many pods', 'node(s) were unschedulable']),
    '0/3 nodes are available: 1 Too many pods, 2 node(s) were unschedulable.',
  );
  assert.equal(describeReasons(0, []), 'no nodes available to schedule pods');
});

for (const { name, subject, candidates, want } of [
  {
    name: 'the node with the fewest pods',
    subject: pod(),
    candidates: [on(node('a'), pod()), on(node('b'))],
    want: 'b',
  },
  {
    name: 'the node without a replica, though it has more pods',
    subject: pod({}, 'web'),
    candidates: [on(node('a'), pod({}, 'web')), on(node('b'), pod({}, 'db'), pod())],
    want: 'b',
  },
  { name: 'the first name among equals', subject: pod(), candidates: [on(node('b')), on(node('a'))], want: 'a' },
  {
    name: 'the node that is not tainted, if it can',
    subject: pod(),
    candidates: [on(node('a', { taints: [{ ...taint, effect: 'PreferNoSchedule' }] })), on(node('b'), pod())],
    want: 'b',
  },
  { name: 'none of none', subject: pod(), candidates: [], want: undefined },
]) {
  test(`best takes ${name}`, () => {
    assert.equal(best(subject, candidates)?.node.metadata.name, want);
  });
}
