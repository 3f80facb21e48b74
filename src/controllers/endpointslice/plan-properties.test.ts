// Whatever happens to a Service, its pods and its slices: after a sync consumers see exactly what they should, at no moment
// do they miss an endpoint that stays, and a second sync writes nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EndpointSlice, Pod, Service } from '#api/index.ts';
import { nodeOf, pod, service, stored } from './objects.testing.ts';
import { plan } from './plan.ts';

const maxPerSlice = 3;

/** What a consumer knows of the slices, an endpoint a line. Those that are there twice count once. */
function visible(slices: readonly EndpointSlice[]): Set<string> {
  return new Set(
    slices.flatMap(({ addressType, ports, endpoints }) =>
      endpoints.map(({ addresses, conditions, hints, targetRef, nodeName, zone }) => {
        const { ready, serving, terminating } = conditions ?? {};
        const state = [ready && 'ready', serving && 'serving', terminating && 'terminating'].filter(Boolean).join('+');
        const hint = [...(hints?.forZones ?? []), ...(hints?.forNodes ?? [])].map(({ name }) => name).join('+');
        const where = `${nodeName}/${zone ?? ''}`;
        return `${addressType} ${addresses} [${ports.map(({ port }) => port)}] ${state} ${hint} ${targetRef?.name} ${where}`;
      }),
    ),
  );
}

/** The same, from the pods: services.md §C.2, §C.3, §C.7 in a few lines. */
function wanted({ spec }: Service, all: readonly Pod[]): Set<string> {
  const lines = new Set<string>();
  for (const {
    metadata,
    spec: { nodeName = '', containers },
    status,
  } of all) {
    const node = nodeOf(nodeName);
    if (status?.phase === 'Succeeded' || (!node && !spec.publishNotReadyAddresses)) continue;
    const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
    const serving = status?.conditions?.[0]?.status === 'True';
    const terminating = metadata.deletionTimestamp !== undefined;
    const ready = spec.publishNotReadyAddresses || (serving && !terminating);
    const state = [ready && 'ready', serving && 'serving', terminating && 'terminating'].filter(Boolean).join('+');
    const near = spec.trafficDistribution;
    const hint = ready ? [near && zone, near === 'PreferSameNode' && nodeName].filter(Boolean).join('+') : '';
    const port = spec.ports?.[0]?.targetPort === 'http' ? containers[0]?.ports?.[0]?.containerPort : 7000;
    for (const { ip } of status?.podIPs ?? []) {
      const family = ip.includes(':') ? 'IPv6' : 'IPv4';
      if (!spec.ipFamilies?.includes(family)) continue;
      lines.add(`${family} ${ip} [${port ?? ''}] ${state} ${hint} ${metadata.name} ${nodeName}/${zone}`);
    }
  }
  return lines;
}

const shape = fc.record({
  n: fc.nat(15),
  node: fc.constantFrom('n1', 'n1', 'n2', 'nowhere'),
  ready: fc.boolean(),
  port: fc.constantFrom(8080, 8080, 9090, 0),
  deleting: fc.boolean(),
  phase: fc.constantFrom('Running', 'Running', 'Succeeded'),
  families: fc.constantFrom(['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], []),
});
const podSet = fc
  .uniqueArray(shape, { selector: ({ n }) => n, maxLength: 16, size: 'max' })
  .map((shapes) =>
    shapes.map(({ n, families, ...rest }) =>
      pod(n, { ...rest, ips: families.map((family) => (family === 'IPv4' ? `10.244.0.${n}` : `fd00::1${n}`)) }),
    ),
  );
const wish: fc.Arbitrary<Partial<Service['spec']>> = fc.record({
  ipFamilies: fc.constantFrom<string[]>(['IPv4'], ['IPv6'], ['IPv4', 'IPv6']),
  publishNotReadyAddresses: fc.boolean(),
  trafficDistribution: fc.constantFrom(undefined, 'PreferSameZone', 'PreferSameNode'),
  ports: fc.constantFrom<NonNullable<Service['spec']['ports']>>(
    [{ port: 80, targetPort: 'http' }],
    [{ port: 80, targetPort: 7000 }],
  ),
});
/** What somebody else does to the slices: to the slice and the endpoint of these numbers, if there are any. */
const meddling = fc.record({
  how: fc.constantFrom('nothing', 'delete', 'label', 'empty', 'double', 'drop', 'alter'),
  slice: fc.nat(5),
  endpoint: fc.nat(2),
});
type Meddling = typeof meddling extends fc.Arbitrary<infer T> ? T : never;

function meddle(slices: EndpointSlice[], { how, slice: at, endpoint }: Meddling): EndpointSlice[] {
  const slice = slices[at];
  const victim = slice?.endpoints[endpoint];
  if (!slice || how === 'nothing') return slices;
  if (how === 'delete') return slices.toSpliced(at, 1);
  if (how === 'label') return slices.with(at, { ...slice, metadata: { ...slice.metadata, labels: { team: 'them' } } });
  if (how === 'empty') return slices.with(at, { ...slice, endpoints: [] });
  if (!victim) return slices;
  if (how === 'double') return slices.map((each) => ({ ...each, endpoints: [...each.endpoints, victim] }));
  const changed = how === 'drop' ? [] : [{ ...victim, conditions: { ready: true }, nodeName: 'other' }];
  return slices.with(at, { ...slice, endpoints: slice.endpoints.toSpliced(endpoint, 1, ...changed) });
}

/** Endpoints that were right before and are so after must be there all the time. */
function assertNoGap(before: ReadonlySet<string>, during: readonly EndpointSlice[], after: ReadonlySet<string>): void {
  const now = visible(during);
  for (const line of before) if (after.has(line)) assert.ok(now.has(line), `${line} is missing in between`);
}

test('consumers see what is wanted, all the time, and nothing is written when nothing changes', () => {
  const step = fc.record({ pods: podSet, spec: wish, meddling, uid: fc.constantFrom('svc', 'svc', 'svc', 'svc-2') });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6, size: 'max' }), (steps) => {
      let slices: EndpointSlice[] = [];
      for (const { pods, spec, meddling: by, uid } of steps) {
        const of = service(spec, { uid });
        slices = meddle(slices, by);
        const input = { service: of, pods, nodeOf, maxPerSlice };
        const { create, update, delete: gone } = plan({ ...input, slices });
        const before = visible(slices);
        const after = wanted(of, pods);
        slices = [...slices, ...create.map(stored)];
        assertNoGap(before, slices, after);
        for (const slice of update.map(stored)) {
          slices = slices.map((old) => (old.metadata.uid === slice.metadata.uid ? slice : old));
          assertNoGap(before, slices, after);
        }
        slices = slices.filter(({ metadata }) => !gone.some((one) => one.metadata.uid === metadata.uid));
        assert.deepEqual([...visible(slices)].sort(), [...after].sort());
        assert.equal(slices.flatMap(({ endpoints }) => endpoints).length, after.size, 'none is there twice');
        for (const family of spec.ipFamilies ?? []) assert.ok(slices.some(({ addressType }) => addressType === family));
        const again = plan({ ...input, slices });
        assert.deepEqual([again.create, again.update, again.delete], [[], [], []]);
      }
    }),
    { numRuns: 1000 },
  );
});
