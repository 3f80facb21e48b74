// ServiceCIDRs that come and go while a cluster runs: the machine that it runs on reaches their cluster IPs, as nodes and pods do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { run, tryRun } from '#lib/run.ts';
import { eventually, supervisorOf, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('curl');

const ranges = ['10.231.0.0/24', 'fd00:10:231::/112'];
const urls = ['http://10.231.0.7', 'http://[fd00:10:231::7]'];

describe('ServiceCIDRs that are added to a cluster', { skip }, () => {
  const name = 'e2e-cidrs';
  let cluster: TestCluster;
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(args, {}, more);
  const apply = (...objects: object[]) =>
    cluster.kubectl('apply -f -', { input: objects.map((one) => JSON.stringify(one)).join('\n---\n') });
  const serviceCIDR = (name: string, cidrs: string[]) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs },
  });
  const service = (name: string, clusterIPs: string[]) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080 }],
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilyPolicy: 'PreferDualStack',
    },
  });
  const answers = async (url: string): Promise<boolean> =>
    (await tryRun('curl', ['-gsS', '--max-time', '2', url])).code === 0;
  /** All ways of the host to the range, without what tells nothing here. */
  const routesTo = async (range: string): Promise<{ dev: string; gateway?: string }[]> =>
    JSON.parse((await run('ip', ['-j', range.includes(':') ? '-6' : '-4', 'route', 'show', range])) || '[]');
  const gateways = async () => (await Promise.all(ranges.map(routesTo))).flat().map(({ gateway }) => gateway);
  /** The addresses of a node. */
  const addressesOf = async (node: string): Promise<string[]> => {
    const path = '{.status.addresses[?(@.type=="InternalIP")].address}';
    return (await kubectl(`get node ${node} -o`, `jsonpath=${path}`)).trim().split(' ');
  };

  before(async () => {
    cluster = await TestCluster.start(name, ['--nodes', '2', '--ip-family', 'dual']);
    await kubectl('create deployment web --image=host --replicas=2 -- portolan echo --port 8080');
    await kubectl('rollout status deployment web --timeout=60s');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await tryRun('ip', ['link', 'del', 'cidrs0']);
  });

  test('the host reaches their cluster IPs, of both families', async () => {
    for (const range of ranges) assert.deepEqual(await routesTo(range), []);
    await apply(serviceCIDR('more', ranges));
    await eventually('Services get the addresses', () => apply(service('web', ['10.231.0.7', 'fd00:10:231::7'])));
    for (const url of urls) await eventually(`the host is served at ${url}`, () => answers(url));
    // As before.
    assert.match(await kubectl('get --raw /readyz'), /ok/);
    for (const { metadata, spec } of JSON.parse(await kubectl('get servicecidr -o json')).items) {
      for (const cidr of spec.cidrs) {
        assert.equal((await routesTo(cidr)).length, 1, `one route to ${cidr} of ${metadata.name}`);
      }
    }
  });

  test('by another node when that node is not there any more', async () => {
    const [before] = await gateways();
    const dead = (await addressesOf('node-1')).includes(before ?? '') ? 'node-1' : 'node-2';
    const other = dead === 'node-1' ? 'node-2' : 'node-1';
    // What answers is on the node that stays.
    await kubectl(
      'run stays --image=host --labels=app=stays',
      `--overrides={"spec":{"nodeName":"${other}"}}`,
      '--',
      'portolan',
      'echo',
      '--port',
      '8080',
    );
    await kubectl('wait --for=condition=Ready pod/stays --timeout=60s');
    await kubectl('patch svc web -p', '{"spec":{"selector":{"app":"stays"}}}');
    await run('ip', ['netns', 'del', `ptl.${name}.${dead}`]);
    const addresses = await addressesOf(other);
    await eventually('all go by the other', async () => {
      const now = await gateways();
      return now.length === 2 && now.every((gateway) => addresses.includes(gateway ?? ''));
    });
    for (const url of urls) await eventually(`the host is served at ${url}`, () => answers(url));
  });

  test('a range that this machine uses itself is left to it, and an event says so', async () => {
    await run('ip', ['link', 'add', 'cidrs0', 'type', 'bridge']);
    await run('ip', ['addr', 'add', '10.232.0.1/25', 'dev', 'cidrs0']);
    await run('ip', ['link', 'set', 'cidrs0', 'up']);
    await apply(serviceCIDR('taken', ['10.232.0.0/24']), serviceCIDR('pods', ['10.244.7.0/24']));
    const told = (object: string, why: RegExp) =>
      eventually(`an event of ${object} says ${why}`, async () =>
        why.test(await kubectl(`describe servicecidr ${object}`)),
      );
    await told('taken', /Warning +HostRouteRefused .*10\.232\.0\.0\/24.* the address 10\.232\.0\.1\/25 of cidrs0/);
    await told('pods', /Warning +HostRouteRefused .*10\.244\.7\.0\/24.* the cluster's pods \(10\.244\.0\.0\/16\)/);
    assert.deepEqual(await routesTo('10.232.0.0/24'), []);
    assert.deepEqual(await routesTo('10.244.7.0/24'), []);
    assert.deepEqual(
      (await routesTo('10.232.0.0/25')).map(({ dev }) => dev),
      ['cidrs0'],
    );
    await run('ip', ['link', 'del', 'cidrs0']);
    await eventually('it has its route when it is free', async () => (await routesTo('10.232.0.0/24')).length === 1);
    await kubectl('delete servicecidr taken pods --wait=false');
  });

  // The last: it is another server process afterwards.
  test('routes go with their ServiceCIDR, also when another server process made them', async () => {
    const children = await run('pgrep', ['-P', `${supervisorOf(name)}`, '-f', 'cluster/server']);
    await kubectl('delete svc web');
    process.kill(Number(children.trim()), 'SIGKILL');
    await eventually('the API is back', () => kubectl('get --raw /readyz'));
    assert.equal((await gateways()).length, 2, 'they are still there');
    await kubectl('delete servicecidr more --timeout=60s');
    await eventually('the routes are gone', async () => (await gateways()).length === 0);
    const { families } = JSON.parse(readFileSync(`/run/portolan/${name}/cluster.json`, 'utf8')).ranges;
    for (const { serviceCIDR } of families) assert.equal((await routesTo(serviceCIDR)).length, 1, serviceCIDR);
  });
});
