// Objects of the API with anything in any field: they are used or skipped, and whatever is then asked of what was used, there is
// an answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { ClusterRecords } from '../cluster-records.ts';
import { kubernetesDefaults } from '../config/directives/kubernetes.ts';
import { AuthorityHandler } from '../handlers/authority.ts';
import { TransferHandler } from '../handlers/transfer.ts';
import { ExternalZones } from '../records/index.ts';
import { http, namespace, packet, service, slice } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { ScriptedApi } from '../testing/scripted-api.ts';
import { until } from '../testing/upstream.ts';
import { encodeMessage, parseName } from '../wire/index.ts';
import { check } from './oracle.testing.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
/** Of each run a share of the requests: the objects of one list. */
const perList = 100;
const numRuns = Math.ceil(Number(process.env.FUZZ_REQUESTS ?? 3_000) / perList);
const timeout = Math.max(120_000, numRuns * 1000);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const values: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    ...[
      null,
      true,
      0,
      -1,
      65_536,
      1.5,
      1e300,
      '',
      'None',
      'ExternalName',
      'x'.repeat(64),
      'x'.repeat(300),
      'ü',
      '\0',
      'İ',
    ],
    ...[
      'a.b',
      '.',
      '..',
      '-',
      '*',
      '_http',
      'A',
      'TCP',
      '10.0.0.1',
      '1.2.3.4.5',
      'fe80::1%x',
      '::',
      '::ffff:1.2.3.4',
      '%',
    ],
  ),
  fc.constantFrom<Json>([], {}, [null], [[]], [{}], { length: 1 }, { toString: 1 }, ['10.0.0.1', 5]),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** Replaces, or adds, something at a place that `choices` lead to. */
function changed(object: Json, choices: readonly number[], value: Json): Json {
  const [choice = 0, ...rest] = choices;
  if (object === null || typeof object !== 'object' || choices.length === 0) return value;
  if (Array.isArray(object)) {
    if (object.length === 0) return [value];
    return object.map((element, at) => (at === choice % object.length ? changed(element, rest, value) : element));
  }
  const keys = Object.keys(object);
  const key = keys[choice % Math.max(1, keys.length)] ?? 'x';
  return { ...object, [key]: changed(object[key] ?? null, rest, value) };
}

const changes = fc.array(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }), values), { maxLength: 3 });
const apply = (object: object, all: readonly (readonly [readonly number[], Json])[]): Json =>
  all.reduce((json, [choices, value]) => changed(json, choices, value), JSON.parse(JSON.stringify(object)) as Json);

const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
const ofService = (at: number) => [
  service(`s${at}`, {
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1', 'fd00::1'],
    ports,
    externalIPs: ['203.0.113.1'],
  }),
  service(`s${at}`, { clusterIP: 'None', ports }),
  service(`s${at}`, { type: 'ExternalName', externalName: `s${at + 1}.default.svc.cluster.local` }),
];
const status = { loadBalancer: { ingress: [{ ip: '203.0.113.2' }, { hostname: 'lb.example' }] } };
const pod = (at: number) => ({
  metadata: { name: `p${at}`, namespace: 'default' },
  status: { phase: 'Running', podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }, { ip: 'fd00::2' }] },
});

const lists = fc
  .array(fc.tuple(fc.nat(2), changes, changes, changes, changes), { minLength: perList, maxLength: perList })
  .map((all) => ({
    namespaces: [namespace('default'), ...all.map(([, , , , change], at) => apply(namespace(`n${at}`), change))],
    services: all.map(([kind, change], at) => apply({ ...ofService(at)[kind], status }, change)),
    endpointslices: all.map(([, , change], at) =>
      apply(slice(`s${at}-1`, `s${at}`, ['e=10.244.1.1', '10.244.1.2', 'fd00::3'], [http]), change),
    ),
    pods: all.map(([, , , change], at) => apply(pod(at), change)),
  }));

const prefixes = ['', 'e.', '10-244-1-2.', '_http._tcp.', '_tcp.', '0.'];
const questions = Array.from({ length: perList }, (_, at) =>
  prefixes.flatMap((prefix) =>
    ['A', 'AAAA', 'SRV', 'CNAME'].map((type) => `${prefix}s${at}.default.svc.cluster.local ${type}`),
  ),
).flat();
const external = questions.map((question) => question.replace('.svc.cluster.local', '.ext.test'));
const others = [
  ...['1.0.96.10', '1.1.244.10', '2.1.244.10', '1.0.244.10', '1.0.0.10'].map(
    (reversed) => `${reversed}.in-addr.arpa PTR`,
  ),
  '10-244-0-1.default.pod.cluster.local A',
  'cluster.local NS',
  'cluster.local AXFR',
];

test(`${numRuns} lists of ${perList} objects of each kind, seed ${seed}`, { timeout }, async () => {
  const property = fc.asyncProperty(lists, async (objects) => {
    const stop = new AbortController();
    const api = new ScriptedApi();
    Object.assign(api.lists, objects);
    const faults: string[] = [];
    const log = createLogger('dns', 'error', (line) => faults.push(line));
    const zones = ['cluster.local', '10.in-addr.arpa'].map(parseName);
    const settings = { zones, ...kubernetesDefaults, pods: 'verified', endpointPodNames: true, zonal: true } as const;
    const connect = async () => new Client(api.fetch);
    const records = new ClusterRecords({ connect, settings, ownAddresses: ['10.244.1.1'], log, external: true });
    await records.start(stop.signal);
    await until(() => records.isReady());
    const outside = new ExternalZones(records.zones, {
      zones: [parseName('ext.test')],
      ttl: 5,
      apex: 'dns',
      headless: true,
    });
    const handlers = () => [
      new TransferHandler({ zones: records.zones, isSynced: () => true }, [{ zones, to: '*' }]),
      new AuthorityHandler({ name: 'k8s_external', zones: outside, isSynced: () => true }),
    ];
    const from = clusterResponder(records.zones, { handlers, served: [parseName('ext.test')], log });
    for (const question of [...questions, ...external, ...others]) {
      const asked = encodeMessage(packet(question));
      const response = from.respond(asked, { address: '192.0.2.1', port: 5353 }, true);
      assert.ok(response !== undefined && !(response instanceof Promise));
      check(asked, response, true);
    }
    records.zones.dump();
    stop.abort();
    assert.deepEqual(faults, []);
    for (const verb of ['services', 'endpointslices', 'namespaces', 'pods'])
      assert.equal(api.asked.get(`list ${verb}`), 1);
  });
  // A list is too large to be made smaller.
  await fc.assert(property, { seed, numRuns, endOnFailure: true });
});
