import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '#api/index.ts';
import { type ContainerRecord, type PodView, podPhase, podStatus, statusPatch } from './status.ts';

const at = '2030-01-01T00:00:00Z';
const record = (name: string, change: Partial<ContainerRecord>): ContainerRecord => ({
  name,
  state: { waiting: { reason: 'ContainerCreating' } },
  lastState: {},
  restartCount: 0,
  containerID: undefined,
  started: false,
  probedReady: false,
  ...change,
});
const running = { state: { running: { startedAt: at } }, started: true, probedReady: true };
const ended = (exitCode: number) => ({ state: { terminated: { exitCode } } });
const crashed = (exitCode: number) => ({
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode } },
});
interface Case {
  name: string;
  spec?: Partial<PodSpec>;
  init?: Partial<ContainerRecord>;
  a?: Partial<ContainerRecord>;
  b?: Partial<ContainerRecord>;
  over?: boolean;
  failure?: PodView['failure'];
  phase: string;
  ready?: string;
}
const view = ({ spec = {}, init, a, b, over = false, failure }: Case): PodView => ({
  pod: {
    metadata: { name: 'p', namespace: 'shop' },
    spec: { containers: [{ name: 'a', image: 'host' }, ...(b ? [{ name: 'b', image: 'host' }] : [])], ...spec },
  },
  records: new Map(
    Object.entries({ init, a, b }).flatMap(([name, change]) => (change ? [[name, record(name, change)]] : [])),
  ),
  networkReady: true,
  podIPs: ['10.0.0.5', 'fd00::5'],
  hostIPs: ['192.168.0.2', 'fd00:1::2'],
  startTime: at,
  over,
  failure,
});
const init = { initContainers: [{ name: 'init', image: 'host' }] };
const sidecar = { initContainers: [{ name: 'init', image: 'host', restartPolicy: 'Always' }] };
const never = { restartPolicy: 'Never' };
const onFailure = { restartPolicy: 'OnFailure' };

const cases: Case[] = [
  { name: 'nothing looked at yet', phase: 'Pending' },
  { name: 'creating', a: {}, phase: 'Pending' },
  { name: 'running', a: running, phase: 'Running', ready: 'True' },
  { name: 'running, probe not yet passed', a: { ...running, probedReady: false }, phase: 'Running' },
  { name: 'running, startup probe not yet passed', a: { ...running, started: false }, phase: 'Running' },
  { name: 'one of two creating', a: running, b: {}, phase: 'Pending' },
  { name: 'crash loop', a: crashed(1), phase: 'Running' },
  { name: 'ended well, Always', a: ended(0), phase: 'Running' },
  { name: 'ended well, Never', spec: never, a: ended(0), phase: 'Succeeded' },
  { name: 'ended badly, Never', spec: never, a: ended(3), phase: 'Failed' },
  { name: 'one of two ended badly, Never', spec: never, a: ended(3), b: running, phase: 'Running' },
  { name: 'ended well, OnFailure', spec: onFailure, a: ended(0), phase: 'Succeeded' },
  { name: 'ended badly, OnFailure', spec: onFailure, a: ended(1), phase: 'Running' },
  { name: 'init running', spec: init, init: running, phase: 'Pending' },
  { name: 'init crashed, Always', spec: init, init: crashed(1), phase: 'Pending' },
  { name: 'init failed, Never', spec: { ...init, ...never }, init: ended(1), phase: 'Failed' },
  { name: 'init done, app running', spec: init, init: ended(0), a: running, phase: 'Running', ready: 'True' },
  { name: 'sidecar and app run', spec: sidecar, init: running, a: running, phase: 'Running', ready: 'True' },
  {
    name: 'sidecar not ready',
    spec: sidecar,
    init: { ...running, probedReady: false },
    a: running,
    phase: 'Running',
  },
  { name: 'terminated well at the end', a: ended(0), over: true, phase: 'Succeeded' },
  { name: 'killed at the end', a: ended(137), over: true, phase: 'Failed' },
  { name: 'given up', a: running, failure: { reason: 'DeadlineExceeded', message: 'm' }, phase: 'Failed' },
];
for (const item of cases) {
  test(`pod status: ${item.name}`, () => {
    assert.equal(podPhase(view(item)), item.phase);
    const status = podStatus(view(item), {}, new Date(at));
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
    assert.equal(ready, item.ready ?? 'False');
  });
}

test('podStatus spells out conditions and containers', () => {
  const status = podStatus(view({ name: '', a: running, b: {}, phase: '' }), {}, new Date(at));
  const unready = { status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [b]' };
  assert.deepEqual(status.conditions, [
    { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: at },
    { type: 'Initialized', status: 'True', lastTransitionTime: at },
    { type: 'Ready', ...unready, lastTransitionTime: at },
    { type: 'ContainersReady', ...unready, lastTransitionTime: at },
    { type: 'PodScheduled', status: 'True', lastTransitionTime: at },
  ]);
  assert.deepEqual(status.containerStatuses?.[1], {
    name: 'b',
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: 'host',
    imageID: '',
    started: false,
  });
});

test('statusPatch: nothing to say, and only what changed', () => {
  const before = podStatus(view({ name: '', a: {}, phase: '' }), {}, new Date(at));
  const later = new Date('2030-01-01T00:00:09Z');
  assert.equal(statusPatch(before, podStatus(view({ name: '', a: {}, phase: '' }), before, later)), undefined);
  const after = podStatus(view({ name: '', a: running, phase: '' }), before, later);
  const patch = statusPatch(before, after);
  assert.deepEqual(Object.keys(patch ?? {}).sort(), ['conditions', 'containerStatuses', 'phase']);
  const time = '2030-01-01T00:00:09Z';
  assert.deepEqual(patch?.conditions, [
    { type: 'Ready', status: 'True', reason: null, message: null, lastTransitionTime: time },
    { type: 'ContainersReady', status: 'True', reason: null, message: null, lastTransitionTime: time },
  ]);
});
