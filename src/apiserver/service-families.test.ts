// IP families of Services through the API (services.md A.6), on clusters of one and of two families: who gets which
// addresses, and when they are free again. The decisions alone have a table in allocators/ip-families.test.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, mergePatch, service, startServer, type TestServer } from './in-process-suite.ts';

const base = '/api/v1/namespaces/default/services';
const dual = { serviceCIDR: '10.96.0.0/12,fd00::/108' };
const ok = async (answer: ReturnType<TestServer['send']>): Promise<Json> => {
  const { status, json, text } = await answer;
  assert.ok(status < 300, text);
  return json.spec;
};
const create = (api: TestServer, name: string, spec: object) => api.send('POST', base, service(name, spec));
const put = (api: TestServer, name: string, spec: object) => api.send('PUT', `${base}/${name}`, service(name, spec));
const merge = (api: TestServer, name: string, spec: object) =>
  api.send('PATCH', `${base}/${name}`, { spec }, mergePatch);
const isFree = async (api: TestServer, clusterIP: string): Promise<boolean> =>
  (await api.send('POST', `${base}?dryRun=All`, service('probe', { clusterIP }))).status === 201;
const told = ({ ipFamilyPolicy, ipFamilies, clusterIPs = [] }: Json): string =>
  `${ipFamilyPolicy} ${ipFamilies} ${clusterIPs.map((ip: string) => (ip.includes(':') ? '6' : ip === 'None' ? ip : '4'))}`;
const both = { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'] };

describe('a new Service', () => {
  const table: [cluster: string, spec: object, want: string][] = [
    ['10.96.0.0/12', {}, 'SingleStack IPv4 4'],
    ['fd00::/108', {}, 'SingleStack IPv6 6'],
    ['10.96.0.0/12', { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4 4'],
    ['10.96.0.0/12', { clusterIP: 'None' }, 'SingleStack IPv4 None'],
    ['10.96.0.0/12', { clusterIP: 'None', selector: undefined }, 'RequireDualStack IPv4,IPv6 None'],
    [dual.serviceCIDR, {}, 'SingleStack IPv4 4'],
    [dual.serviceCIDR, { ipFamilies: ['IPv6'] }, 'SingleStack IPv6 6'],
    [dual.serviceCIDR, { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack IPv4,IPv6 4,6'],
    [
      dual.serviceCIDR,
      { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] },
      'RequireDualStack IPv6,IPv4 6,4',
    ],
    [dual.serviceCIDR, { ipFamilyPolicy: 'RequireDualStack', clusterIP: 'fd00::7' }, 'RequireDualStack IPv6,IPv4 6,4'],
    ['fd00::/108,10.96.0.0/12', { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack IPv6,IPv4 6,4'],
  ];
  for (const [serviceCIDR, spec, want] of table) {
    test(`${want}, in ${serviceCIDR}`, async () => {
      const made = await ok(create(await startServer({ serviceCIDR }), 'web', spec));
      assert.equal(told(made), want);
      assert.equal(made.clusterIP, made.clusterIPs[0]);
    });
  }

  test('that is refused its second address keeps not even the first', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'holder', { clusterIP: 'fd00::7' }));
    const { status, json } = await create(api, 'web', { ipFamilyPolicy: 'RequireDualStack', ...both });
    assert.deepEqual(
      [status, json.message],
      [
        422,
        'Service "web" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.7","fd00::7"]: failed to allocate IP fd00::7: provided IP is already allocated',
      ],
    );
    assert.ok(await isFree(api, '10.96.0.7'));
  });

  test('on a dry run shows the network addresses of both', async () => {
    const api = await startServer(dual);
    const rehearsed = api.send('POST', `${base}?dryRun=All`, service('web', { ipFamilyPolicy: 'RequireDualStack' }));
    assert.deepEqual((await ok(rehearsed)).clusterIPs, ['10.96.0.0', 'fd00::']);
  });
});

describe('a Service that is changed', () => {
  test('gets a second address, keeps both, gives the second back', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'web', { clusterIP: '10.96.0.7' }));
    const added = await ok(merge(api, 'web', { ipFamilyPolicy: 'PreferDualStack' }));
    assert.equal(told(added), 'PreferDualStack IPv4,IPv6 4,6');
    assert.deepEqual((await ok(put(api, 'web', {}))).clusterIPs, added.clusterIPs, 'a PUT that says nothing of them');
    const released = await ok(merge(api, 'web', { ipFamilyPolicy: 'SingleStack' }));
    assert.deepEqual([told(released), released.clusterIP], ['SingleStack IPv4 4', '10.96.0.7']);
    assert.ok(await isFree(api, added.clusterIPs[1]));
    assert.equal(await isFree(api, '10.96.0.7'), false);
  });

  test('may name its second address, and not change it', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'web', { clusterIP: '10.96.0.7' }));
    await ok(merge(api, 'web', { ipFamilyPolicy: 'RequireDualStack', ...both }));
    const { json } = await merge(api, 'web', { clusterIPs: ['10.96.0.7', 'fd00::8'] });
    assert.equal(
      json.message,
      'Service "web" is invalid: spec.clusterIPs[1]: Invalid value: ["10.96.0.7","fd00::8"]: may not change once set',
    );
    assert.ok(await isFree(api, 'fd00::8'));
    assert.equal(await isFree(api, 'fd00::7'), false);
  });

  test('cannot drop its second address in passing', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'web', { ipFamilyPolicy: 'PreferDualStack', ...both }));
    const { json } = await merge(api, 'web', { clusterIPs: ['10.96.0.7'] });
    assert.equal(
      json.message,
      `Service "web" is invalid: spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be 'SingleStack' to release the secondary cluster IP`,
    );
  });

  test('gives both back as an alias, and takes new ones after', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'web', { ipFamilyPolicy: 'RequireDualStack', ...both }));
    const alias = await ok(merge(api, 'web', { type: 'ExternalName', externalName: 'a.example' }));
    assert.deepEqual(
      [alias.clusterIP, alias.clusterIPs, alias.ipFamilies, alias.ipFamilyPolicy],
      Array(4).fill(undefined),
    );
    assert.ok((await isFree(api, '10.96.0.7')) && (await isFree(api, 'fd00::7')));
    assert.equal(told(await ok(merge(api, 'web', { type: 'ClusterIP' }))), 'SingleStack IPv4 4');
  });

  test('headless, chooses its families anew', async () => {
    const api = await startServer(dual);
    await ok(create(api, 'web', { clusterIP: 'None' }));
    const change = { ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'PreferDualStack' };
    assert.equal(told(await ok(merge(api, 'web', change))), 'PreferDualStack IPv6,IPv4 None');
  });
});

test('a cluster that lost its second family leaves the Services that prefer two alone', async () => {
  const first = await startServer(dual);
  await ok(create(first, 'web', { ipFamilyPolicy: 'PreferDualStack', ...both }));
  const second = await startServer({ store: first.store, serviceCIDR: '10.96.0.0/12' });
  const { clusterIPs, sessionAffinity } = await ok(merge(second, 'web', { sessionAffinity: 'ClientIP' }));
  assert.deepEqual([clusterIPs, sessionAffinity], [both.clusterIPs, 'ClientIP']);
  const single = await ok(merge(second, 'web', { ipFamilyPolicy: 'SingleStack' }));
  assert.deepEqual(single.clusterIPs, ['10.96.0.7']);
});
