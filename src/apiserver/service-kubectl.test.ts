// What people do wrong with Services, and what the real kubectl tells them (services.md §0.1, A.4-A.7); and one port number
// on two protocols, which only server-side apply gets right (A.1).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Json, startServer, strategicPatch, type TestServer } from './in-process-suite.ts';
import { Kubectl, whyNoKubectl } from './kubectl-suite.ts';

const base = '/api/v1/namespaces/default/services';
const manifest = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });
const ports = (...list: object[]) => ({ ports: list });
const http = { port: 80 };

describe('kubectl and Services', { skip: whyNoKubectl }, () => {
  let api: TestServer;
  let real: Kubectl;
  before(async () => {
    api = await startServer();
    real = await Kubectl.connect(api);
    const { status } = await api.send('POST', base, {
      metadata: { name: 'web' },
      spec: { type: 'NodePort', clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort: 30080 }] },
    });
    assert.equal(status, 201);
  });
  after(async () => {
    await real[Symbol.asyncDispose]();
    await api.server.close();
  });

  const kubectl = async (args: string, input: unknown = ''): Promise<string> => {
    const { code, stdout, stderr } = await real.run(args.split(' '), { input });
    assert.equal(code, 0, `kubectl ${args}: ${stderr}`);
    return stdout.trim();
  };
  const refused = async (args: string, input: unknown = ''): Promise<string> => {
    const { code, stdout, stderr } = await real.run(args.split(' '), { input });
    assert.equal(code, 1, `kubectl ${args}: ${stdout}`);
    return stderr.trim();
  };

  test('says of each Service in a file what is wrong with it', async () => {
    const subdomain = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
    const table: [mistake: string, spec: object, told: string][] = [
      ['no ports', {}, 'spec.ports: Required value'],
      [
        'ports without names',
        ports({ port: 80 }, { port: 443 }),
        '[spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
      ],
      [
        'a protocol in small letters',
        ports({ port: 80, protocol: 'tcp' }),
        'spec.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
      ],
      [
        'a port that is none',
        ports({ port: 80, targetPort: 0x10000 }),
        'spec.ports[0].targetPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
      ],
      [
        'a number in quotes',
        ports({ port: 80, targetPort: '8080' }),
        'spec.ports[0].targetPort: Invalid value: "8080": must contain at least one letter (a-z)',
      ],
      [
        'a node port out of range',
        { type: 'NodePort', ...ports({ port: 80, nodePort: 8080 }) },
        'spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767',
      ],
      [
        'a node port of another',
        { type: 'NodePort', ...ports({ port: 80, nodePort: 30080 }) },
        `spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated`,
      ],
      [
        'a node port without the type',
        ports({ port: 80, nodePort: 30081 }),
        "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
      ],
      [
        'an address out of range',
        { ...ports(http), clusterIP: '1.1.1.1' },
        'spec.clusterIPs: Invalid value: ["1.1.1.1"]: failed to allocate IP 1.1.1.1: the provided IP (1.1.1.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
      ],
      [
        'an address of another',
        { ...ports(http), clusterIP: '10.96.0.7' },
        'spec.clusterIPs: Invalid value: ["10.96.0.7"]: failed to allocate IP 10.96.0.7: provided IP is already allocated',
      ],
      [
        'headless, on nodes',
        { type: 'NodePort', clusterIP: 'None', ...ports(http) },
        `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
      ],
      ['an alias for nothing', { type: 'ExternalName' }, 'spec.externalName: Required value'],
      [
        'an alias for a URL',
        { type: 'ExternalName', externalName: 'https://db.example' },
        `spec.externalName: Invalid value: "https://db.example": ${subdomain}`,
      ],
      [
        'two families on a cluster of one',
        { ipFamilyPolicy: 'RequireDualStack', ...ports(http) },
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      ],
      [
        'a field of another place',
        { ...ports(http), loadBalancerSourceRanges: ['10.0.0.0/8'] },
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
      [
        'a type that is none',
        { type: 'Loadbalancer', ...ports(http) },
        'spec.type: Unsupported value: "Loadbalancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ];
    const input = table.map(([, spec], i) => JSON.stringify(manifest(`x${i}`, spec))).join('\n---\n');
    const told = (await refused('create -f -', input)).split('\n');
    for (const [i, [mistake, , want]] of table.entries()) {
      const line = `Error from server (Invalid): error when creating "STDIN": Service "x${i}" is invalid: ${want}`;
      assert.equal(told[i], line, mistake);
    }
  });

  test('says of one Service that is wrong a line for each cause', async () => {
    assert.equal(
      await refused('create -f -', manifest('x', {})),
      'The Service "x" is invalid: spec.ports: Required value',
    );
    const [first, ...causes] = (await refused('create -f -', manifest('x', ports(http, { port: 443 })))).split('\n');
    assert.equal(first?.trim(), 'The Service "x" is invalid:');
    assert.deepEqual(causes, ['* spec.ports[0].name: Required value', '* spec.ports[1].name: Required value']);
    assert.match(
      await refused('create -f -', manifest('x', { ...ports(http), prots: [] })),
      /^Error from server \(BadRequest\): .*strict decoding error: unknown field "spec\.prots"$/,
    );
  });

  test('says what cannot be changed', async () => {
    const kept = 'may not change once set';
    assert.equal(
      await refused('patch svc web -p {"spec":{"clusterIP":"10.96.0.9"}}'),
      `The Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.0.9"]: ${kept}`,
    );
    assert.match(await refused('patch svc web -p {"spec":{"clusterIP":"None"}}'), new RegExp(`\\["None"\\]: ${kept}`));
    assert.equal(await kubectl('get svc web -o jsonpath={.spec.clusterIP}'), '10.96.0.7');
  });

  test('makes each type, and prints it', async () => {
    await kubectl('create service clusterip inner --tcp=80:8080 --tcp=443');
    await kubectl('create service clusterip headless --clusterip=None');
    await kubectl('create service nodeport outer --tcp=80 --node-port=30090');
    await kubectl('create service loadbalancer balanced --tcp=80');
    await kubectl('create service externalname alias --external-name db.example');
    const lines = (await kubectl('get svc --no-headers inner headless outer balanced alias')).split('\n');
    assert.deepEqual(
      lines.map((line) =>
        line
          .replaceAll(/ +/g, ' ')
          .replaceAll(/\b10\.\S+/g, 'IP')
          .replace(/\S+$/, 'AGE'),
      ),
      [
        'inner ClusterIP IP <none> 80/TCP,443/TCP AGE',
        'headless ClusterIP None <none> <none> AGE',
        'outer NodePort IP <none> 80:30090/TCP AGE',
        `balanced LoadBalancer IP <pending> 80:${await kubectl('get svc balanced -o jsonpath={.spec.ports[0].nodePort}')}/TCP AGE`,
        'alias ExternalName <none> db.example <none> AGE',
      ],
    );
    assert.match(await kubectl('delete svc inner headless outer balanced alias'), /service "alias" deleted/);
  });

  test('warns', async () => {
    const input = manifest('warned', { ...ports(http), trafficDistribution: 'PreferClose', externalName: 'a.example' });
    const { stderr } = await real.run(['create', '-f', '-'], { input });
    assert.equal(
      stderr.trim(),
      [
        'Warning: spec.externalName is ignored when spec.type is not "ExternalName"',
        'Warning: spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
      ].join('\n'),
    );
    const listed = await real.run(['get', 'endpoints']);
    assert.match(
      listed.stderr,
      /^Warning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice/,
    );
  });

  test('replaces a Service from a file that knows nothing of what was allocated', async () => {
    await kubectl('create -f -', manifest('replaced', { type: 'NodePort', ...ports({ name: 'a', port: 80 }) }));
    const allocated = () => kubectl('get svc replaced -o jsonpath={.spec.clusterIP},{.spec.ports[0].nodePort}');
    const before = await allocated();
    await kubectl('replace -f -', manifest('replaced', { type: 'NodePort', ...ports({ name: 'a', port: 81 }) }));
    assert.equal(await allocated(), before);
    await kubectl('replace --force -f -', manifest('replaced', { clusterIP: 'None', ...ports(http) }));
    assert.match(await allocated(), /^None,$/);
  });

  describe('one port number on two protocols', () => {
    const dns = (name: string, udpTarget: number, tcpTarget = 53) =>
      manifest(
        name,
        ports(
          { name: 'tcp', port: 53, protocol: 'TCP', targetPort: tcpTarget },
          { name: 'udp', port: 53, protocol: 'UDP', targetPort: udpTarget },
        ),
      );
    const portsOf = async (name: string): Promise<string[]> =>
      (await api.send('GET', `${base}/${name}`)).json.spec.ports.map(
        ({ name, protocol, targetPort }: Json) => `${name} ${protocol} ${targetPort}`,
      );

    test('is right with server-side apply', async () => {
      const apply = 'apply --server-side -f -';
      await kubectl(apply, dns('applied', 53));
      await kubectl(apply, dns('applied', 5353));
      assert.deepEqual(await portsOf('applied'), ['tcp TCP 53', 'udp UDP 5353']);
      const { spec, ...rest } = dns('applied', 53) as Json;
      await kubectl(apply, { ...rest, spec: { ports: spec.ports.slice(0, 1) } });
      assert.deepEqual(await portsOf('applied'), ['tcp TCP 53']);
    });

    test('is the old trouble with client-side apply: patches know ports by number alone', async () => {
      await kubectl('apply -f -', dns('patched', 53));
      assert.match(await kubectl('apply -f -', dns('patched', 53)), /unchanged/);
      await kubectl('apply -f -', dns('patched', 5353));
      assert.deepEqual(await portsOf('patched'), ['tcp TCP 5353', 'udp UDP 53']);
    });
  });
});

test('a strategic patch takes the first port of the number, whatever the protocol', async () => {
  const api = await startServer();
  const port = (name: string, protocol: string) => ({ name, port: 53, protocol, targetPort: 53 });
  await api.send('POST', base, { metadata: { name: 'dns' }, spec: ports(port('tcp', 'TCP'), port('udp', 'UDP')) });
  const patch = (...list: object[]) => api.send('PATCH', `${base}/dns`, { spec: ports(...list) }, strategicPatch);
  const { json } = await patch({ port: 53, targetPort: 5353 });
  assert.deepEqual(
    json.spec.ports.map(({ name, targetPort }: Json) => `${name} ${targetPort}`),
    ['tcp 5353', 'udp 53'],
  );
  const wrong = await patch({ ...port('udp', 'UDP'), targetPort: 5353 });
  assert.deepEqual(
    [wrong.status, wrong.json.message],
    [
      422,
      'Service "dns" is invalid: [spec.ports[1].name: Duplicate value: "udp", spec.ports[1]: Duplicate value: {"protocol":"UDP","port":53}]',
    ],
  );
});
