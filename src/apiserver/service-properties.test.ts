// Whatever happens to Services, in whatever order: no address and no port is held twice, and none is lost (services.md A.3,
// A.5, A.7). Ranges are small, so that requests meet: 10.0.0.1-6, fd00::1-7, ports 30000-30005.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Json, jsonPatch, mergePatch, startServer, type TestServer } from './in-process-suite.ts';

const base = '/api/v1/namespaces/default/services';
const ranges = { serviceCIDR: '10.0.0.0/29,fd00::/125', nodePortRange: [30000, 30005] } as const;
const addresses = [1, 2, 3, 4, 5, 6].map((n) => `10.0.0.${n}`).concat([1, 2, 3, 4, 5, 6, 7].map((n) => `fd00::${n}`));
const nodePorts = [30000, 30001, 30002, 30003, 30004, 30005];

const maybe = <T>(value: fc.Arbitrary<T>, freq = 2) => fc.option(value, { nil: undefined, freq });
const nodePort = fc.constantFrom(...nodePorts);
/** Two of them may share a node port. */
const offers = [
  { name: 'a', port: 53, protocol: 'TCP' },
  { name: 'b', port: 53, protocol: 'UDP' },
  { name: 'c', port: 80, protocol: 'TCP' },
];
const portsWith = (nodePort: fc.Arbitrary<number | undefined>) =>
  fc
    .subarray(offers, { minLength: 1 })
    .chain((chosen) => fc.tuple(...chosen.map((port) => nodePort.map((nodePort) => ({ ...port, nodePort })))));
const common = {
  selector: maybe(fc.constant({ app: 'web' }), 5),
  ipFamilyPolicy: maybe(fc.constantFrom('SingleStack', 'PreferDualStack', 'RequireDualStack'), 1),
  clusterIP: maybe(fc.constantFrom(...addresses), 1),
};
const inside = fc.record({
  ...common,
  type: fc.constant('ClusterIP'),
  clusterIP: maybe(fc.constantFrom('None', ...addresses), 1),
  ports: portsWith(fc.constant(undefined)),
});
const onNodes = fc.record({ ...common, type: fc.constant('NodePort'), ports: portsWith(maybe(nodePort)) });
const balanced = fc.record({
  ...common,
  type: fc.constant('LoadBalancer'),
  ports: portsWith(maybe(nodePort)),
  allocateLoadBalancerNodePorts: maybe(fc.boolean()),
});
const local = fc.record({ externalTrafficPolicy: fc.constant('Local'), healthCheckNodePort: maybe(nodePort) });
const alias = fc.constant({ type: 'ExternalName', externalName: 'a.example' });
/** Whose parts do not fit together, more often than not. */
const odd = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  externalName: fc.constant('a.example'),
  ports: portsWith(maybe(fc.constantFrom(...nodePorts, 29999))),
  clusterIPs: maybe(fc.uniqueArray(fc.constantFrom(...addresses), { minLength: 1, maxLength: 2 })),
  externalTrafficPolicy: maybe(fc.constant('Local')),
  healthCheckNodePort: maybe(nodePort),
});
const spec: fc.Arbitrary<object> = fc.oneof(
  inside,
  onNodes,
  balanced,
  fc.tuple(balanced, local).map(([spec, local]) => ({ ...spec, ...local })),
  alias,
  odd.map((spec) => ({ ...spec, clusterIP: spec.clusterIPs?.[0] })),
);

const name = fc.constantFrom('a', 'b', 'c');
const query = fc.constantFrom('', '', '', '?dryRun=All');
type Step = (api: TestServer) => Promise<unknown>;
const body = (name: string, spec: object, finalizers: string[] = []) => ({ metadata: { name, finalizers }, spec });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, spec, query, fc.boolean()).map(create) },
  { weight: 4, arbitrary: fc.tuple(name, spec, query).map(put) },
  { weight: 3, arbitrary: fc.tuple(name, spec, query).map(patch) },
  { weight: 2, arbitrary: fc.tuple(name, query).map(remove) },
  { weight: 1, arbitrary: name.map(finalize) },
);

function create([name, spec, query, isHeld]: [string, object, string, boolean]): Step {
  return (api) => api.send('POST', `${base}${query}`, body(name, spec, isHeld ? ['example.com/x'] : []));
}
function put([name, spec, query]: [string, object, string]): Step {
  return (api) => api.send('PUT', `${base}/${name}${query}`, body(name, spec));
}
/** Of some fields, so that much stays. */
function patch([name, spec, query]: [string, Json, string]): Step {
  const { type, ipFamilyPolicy, externalTrafficPolicy, allocateLoadBalancerNodePorts } = spec;
  const change = { type, ipFamilyPolicy, externalTrafficPolicy, allocateLoadBalancerNodePorts };
  return (api) => api.send('PATCH', `${base}/${name}${query}`, { spec: change }, mergePatch);
}
function remove([name, query]: [string, string]): Step {
  return (api) => api.send('DELETE', `${base}/${name}${query}`);
}
function finalize(name: string): Step {
  const change = [{ op: 'replace', path: '/metadata/finalizers', value: [] }];
  return (api) => api.send('PATCH', `${base}/${name}/status`, change, jsonPatch);
}

/** What each Service holds, by what the API says. Complains when two hold the same. */
async function held(api: TestServer): Promise<Set<string | number>> {
  const { json } = await api.send('GET', base);
  const all = new Set<string | number>();
  for (const { metadata, spec } of json.items) {
    const own = new Set<string | number>(spec.clusterIPs?.filter((ip: string) => ip !== 'None'));
    assert.deepEqual(spec.clusterIPs?.[0], spec.clusterIP, `${metadata.name} has one first address`);
    if (own.size > 0) assert.equal(own.size, spec.ipFamilies.length, `${metadata.name} has an address of each family`);
    const ports = spec.type === 'ExternalName' ? [] : spec.ports.flatMap((port: Json) => port.nodePort ?? []);
    for (const port of ports) own.add(port);
    const { healthCheckNodePort } = spec;
    if (healthCheckNodePort) {
      assert.ok(!own.has(healthCheckNodePort), `${metadata.name} is asked for its health at a port of its own`);
      own.add(healthCheckNodePort);
    }
    for (const number of own) {
      assert.ok(!all.has(number), `${number} of ${metadata.name} is another's too`);
      all.add(number);
    }
  }
  return all;
}

/** What is taken by the allocator's word: a dry run is refused for it. */
async function taken(api: TestServer): Promise<Set<string | number>> {
  const found = new Set<string | number>();
  const probe = async (number: string | number, spec: object, message: RegExp) => {
    const { status, text } = await api.send('POST', `${base}?dryRun=All`, body('probe', spec));
    if (status !== 201) found.add(number);
    assert.match(text, status === 201 ? /"kind":"Service"/ : message);
  };
  const isTaken = /is already allocated/;
  for (const address of addresses) await probe(address, { clusterIP: address, ports: [{ port: 80 }] }, isTaken);
  const used = { type: 'NodePort', clusterIP: [...addresses].find((address) => !found.has(address)) };
  for (const nodePort of nodePorts) {
    // With no address left nothing can be said of ports.
    if (used.clusterIP) await probe(nodePort, { ...used, ports: [{ port: 80, nodePort }] }, isTaken);
    else found.add(nodePort);
  }
  return found;
}

async function check(api: TestServer): Promise<void> {
  const [want, found] = [await held(api), await taken(api)];
  if (addresses.every((address) => found.has(address))) for (const port of nodePorts) want.add(port);
  assert.deepEqual([...found].sort(), [...want].sort());
}

test('any sequence of writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const api = await startServer(ranges);
      for (const step of steps) await step(api);
      await check(api);
    }),
    { numRuns: 60, seed: 4 },
  );
});

test('any writes at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 5 }), async (rounds) => {
      const api = await startServer(ranges);
      for (const round of rounds) await Promise.all(round.map((step) => step(api)));
      await check(api);
    }),
    { numRuns: 60, seed: 4 },
  );
});

test('a server that starts anew knows what the last one knew', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
      const first = await startServer(ranges);
      for (const step of steps) await step(first);
      await check(await startServer({ ...ranges, store: first.store }));
    }),
    { numRuns: 20, seed: 4 },
  );
});
