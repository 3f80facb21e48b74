import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/index.ts';
import { pod, service, settle } from './objects.testing.ts';

const everybody = [pod(1), pod(2, { ready: false }), pod(3, { deleting: true }), pod(4, { node: 'n2' })];
const auto = { 'service.kubernetes.io/topology-mode': 'Auto' };

interface Case {
  readonly name: string;
  readonly spec?: Partial<Service['spec']>;
  readonly annotations?: Record<string, string>;
  readonly want: readonly (string | undefined)[];
}
const cases: readonly Case[] = [
  { name: 'no wish', want: [undefined, undefined, undefined, undefined] },
  { name: 'PreferClose', spec: { trafficDistribution: 'PreferClose' }, want: ['a', undefined, undefined, undefined] },
  {
    name: 'PreferSameZone',
    spec: { trafficDistribution: 'PreferSameZone' },
    want: ['a', undefined, undefined, undefined],
  },
  {
    name: 'PreferSameNode',
    spec: { trafficDistribution: 'PreferSameNode' },
    want: ['a n1', undefined, undefined, ' n2'],
  },
  {
    name: 'PreferSameZone with what is not ready published',
    spec: { trafficDistribution: 'PreferSameZone', publishNotReadyAddresses: true },
    want: ['a', 'a', 'a', undefined],
  },
  {
    name: 'the annotation, which goes before the field though it cannot be followed',
    spec: { trafficDistribution: 'PreferSameZone' },
    annotations: auto,
    want: [undefined, undefined, undefined, undefined],
  },
  {
    name: 'the older annotation, which goes before the newer',
    spec: { trafficDistribution: 'PreferSameZone' },
    annotations: { ...auto, 'service.kubernetes.io/topology-aware-hints': 'Disabled' },
    want: ['a', undefined, undefined, undefined],
  },
];
for (const { name, spec, annotations = {}, want } of cases) {
  test(`hints for ready endpoints, with ${name}`, () => {
    const { slices } = settle(service(spec, { annotations }), everybody);
    const hints = slices.flatMap(({ endpoints }) =>
      endpoints.map(({ hints: given }) => {
        const [zones = [], hosts = []] = [given?.forZones, given?.forNodes];
        return (
          given &&
          [zones, hosts]
            .map((each) => each.map((one) => one.name).join())
            .join(' ')
            .trimEnd()
        );
      }),
    );
    assert.deepEqual(hints, want);
  });
}

test('hints go with the field, and from an endpoint that is no longer ready', () => {
  const near = service({ trafficDistribution: 'PreferSameZone' });
  const first = settle(near, [pod(1), pod(2)]);
  const without = settle(service(), [pod(1), pod(2)], first.slices);
  assert.equal(without.result.update.length, 1);
  assert.deepEqual(
    without.slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints)),
    [undefined, undefined],
  );
  const unready = settle(near, [pod(1), pod(2, { ready: false })], first.slices);
  assert.deepEqual(
    unready.slices.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name)),
    ['a', undefined],
  );
});
