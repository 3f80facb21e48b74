// What programs in pods find by name: the anchors of Kubernetes' own end-to-end tests (dns.md §15), asked with dig, with
// glibc's resolver and with musl's, each by what the kubelet wrote into the pod. Nobody here answers for names outside.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '#lib/run.ts';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('dig') ?? whyNoProgram('curl');
const whyNoMusl = whyNoProgram('musl-gcc');
/** Earlier ones than 1.2.4 do not know TCP. */
function whyNoTcpInMusl(): string | undefined {
  if (whyNoMusl) return whyNoMusl;
  const { stderr } = spawnSync('sh', ['-c', '/lib/ld-musl-*.so.1'], { encoding: 'utf8' });
  const [, major = 0, minor = 0, patch = 0] = (/^Version (\d+)\.(\d+)\.(\d+)/m.exec(stderr) ?? []).map(Number);
  return major * 10_000 + minor * 100 + patch >= 10_204
    ? undefined
    : `musl ${major}.${minor}.${patch} asks by UDP alone`;
}
/** What prints the addresses of a name, a line each. */
const libraries = { glibc: 'getent ahosts', musl: '/mnt/lookup' } as const;
const programs = mkdtempSync(join(tmpdir(), 'portolan-e2e-programs-'));
process.on('exit', () => rmSync(programs, { recursive: true, force: true }));

const zone = 'cluster.local';
const local = `default.svc.${zone}`;

const service = (name: string, spec: object, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec,
});
interface PodOptions {
  readonly labels?: Record<string, string>;
  readonly namespace?: string;
  readonly container?: object;
  readonly volumes?: readonly object[];
}
/** Sleeps, for commands to be run in it, unless its container says otherwise. */
const pod = (
  name: string,
  spec: object,
  { labels, namespace = 'default', container, volumes = [] }: PodOptions = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    ...spec,
    volumes: [{ name: 'programs', hostPath: { path: programs } }, ...volumes],
    containers: [
      {
        name: 'c',
        image: 'host',
        command: ['sleep', '3600'],
        volumeMounts: [{ name: 'programs', mountPath: '/mnt', readOnly: true }],
        ...container,
      },
    ],
  },
});
/** Serves a Corefile. */
const dnsServer = (name: string, Corefile: string) => [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { Corefile } },
  pod(
    name,
    {},
    {
      labels: { app: name },
      volumes: [{ name: 'dns', configMap: { name } }],
      container: {
        command: ['portolan', 'dns', '--corefile', '/mnt/Corefile'],
        volumeMounts: [{ name: 'dns', mountPath: '/mnt' }],
        readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
      },
    },
  ),
];

/** More than an answer of 512 octets has room for: whoever sees all of them asked again by TCP (RFC 1035 §4.2.1). */
const many = Array.from({ length: 40 }, (_, i) => `192.0.2.${100 + i}`);
const http = { name: 'http', port: 80, targetPort: 8080 };
const echo = { labels: { app: 'web' }, container: { command: ['portolan', 'echo'] } };
const db = { labels: { app: 'db' } };
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } },
  service('web', { selector: { app: 'web' }, ports: [http, { name: 'admin', port: 81, targetPort: 8080 }] }),
  service('peers', { clusterIP: 'None', selector: { app: 'web' }, ports: [{ name: 'http', port: 8080 }] }),
  service('db', { clusterIP: 'None', selector: { app: 'db' }, ports: [{ name: 'sql', port: 5432 }] }),
  service('far', { ports: [http] }, 'other'),
  service('alias', { type: 'ExternalName', externalName: 'foo.example.com' }),
  service('inside', { type: 'ExternalName', externalName: `far.other.svc.${zone}` }),
  service('many', { clusterIP: 'None' }),
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'many', namespace: 'default', labels: { 'kubernetes.io/service-name': 'many' } },
    addressType: 'IPv4',
    endpoints: many.map((address) => ({ addresses: [address] })),
    ports: [],
  },
  pod('web-0', {}, echo),
  pod('web-1', {}, echo),
  pod('client', {}),
  pod('abroad', {}, { namespace: 'other' }),
  pod('db-0', { hostname: 'first', subdomain: 'db' }, db),
  pod('db-1', { hostname: 'second', subdomain: 'elsewhere' }, db),
  pod('db-2', { subdomain: 'db', setHostnameAsFQDN: true }, db),
];

describe('names in pods', { skip }, () => {
  let cluster: TestCluster;
  /** Of the objects above. */
  let ips: Record<'kubernetes' | 'dns' | 'web' | 'far' | 'web0' | 'web1' | 'client' | 'db0' | 'db1' | 'db2', string>;

  const apply = (...objects: object[]) =>
    cluster.kubectl('apply -f -', { input: objects.map((object) => JSON.stringify(object)).join('\n---\n') });
  const value = async (what: string, path: string) =>
    (await cluster.kubectl(`get ${what} -o jsonpath={${path}}`)).trim();
  const clusterIP = (name: string) => value(`svc ${name}`, '.spec.clusterIP');
  const podIP = (name: string) => value(`pod ${name}`, '.status.podIP');
  const isReady = (...names: string[]) =>
    cluster.kubectl(`wait --for=condition=Ready --timeout=60s ${names.map((name) => `pod/${name}`).join(' ')}`);
  const remove = (...names: string[]) => cluster.kubectl(`delete pod --now ${names.join(' ')}`);
  const inPod = (name: string, script: string) => cluster.kubectl(`exec ${name} --`, {}, ['sh', '-c', script]);
  const linesOf = (text: string) => text.trim().split('\n').filter(Boolean);

  /** Runs all commands in one go; the lines that each of them printed. */
  const outputs = async (of: string, commands: readonly string[]): Promise<string[][]> => {
    const text = await inPod(of, `${commands.map((command) => `echo =; ${command}`).join('\n')}\ntrue`);
    return text.split(/^=\n/m).slice(1).map(linesOf);
  };
  /** Programs of a C library find these addresses for the names. */
  const finds = async (library: keyof typeof libraries, want: Record<string, string[]>, of = 'client') => {
    const names = Object.keys(want);
    const found = await outputs(
      of,
      names.map((name) => `${libraries[library]} ${name}`),
    );
    const addresses = found.map((lines) => [...new Set(lines.map((line) => line.split(' ')[0] ?? ''))].sort());
    assert.deepEqual(Object.fromEntries(names.map((name, i) => [name, addresses[i]])), want);
  };
  /** dig is answered so by the servers of the pod, by UDP and by TCP; the order counts for nothing. */
  const answers = async (want: Record<string, readonly string[]>, of = 'client') => {
    const expected = Object.entries(want).flatMap(([question, lines]) =>
      ['+notcp', '+tcp'].map((way) => [`${way} ${question}`, [...lines].sort()] as const),
    );
    const got = await outputs(
      of,
      expected.map(([question]) => `dig +time=2 +tries=3 +short ${question}`),
    );
    assert.deepEqual(
      Object.fromEntries(expected.map(([question], i) => [question, got[i]?.sort()])),
      Object.fromEntries(expected),
    );
  };

  before(async () => {
    if (!whyNoMusl) {
      const source = fileURLToPath(new URL('lookup.c', import.meta.url));
      await run('musl-gcc', ['-static', '-Wall', '-Werror', '-o', join(programs, 'lookup'), source]);
    }
    cluster = await TestCluster.start('e2e-dns');
    await apply(...objects);
    await isReady('web-0', 'web-1', 'client', 'db-0', 'db-1', 'db-2');
    await cluster.kubectl('-n other wait --for=condition=Ready --timeout=60s pod/abroad');
    ips = {
      kubernetes: await clusterIP('kubernetes'),
      dns: await clusterIP('kube-dns -n kube-system'),
      web: await clusterIP('web'),
      far: await clusterIP('far -n other'),
      web0: await podIP('web-0'),
      web1: await podIP('web-1'),
      client: await podIP('client'),
      db0: await podIP('db-0'),
      db1: await podIP('db-1'),
      db2: await podIP('db-2'),
    };
    await eventually('all endpoints are known to the DNS server', () =>
      answers({
        [`peers.${local} A`]: [ips.web0, ips.web1],
        [`db.${local} A`]: [ips.db0, ips.db1, ips.db2],
        [`many.${local} A`]: many,
      }).then(() => true),
    );
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  for (const library of ['glibc', 'musl'] as const) {
    describe(library, { skip: library === 'musl' && whyNoMusl }, () => {
      test('the API server by each of its names', async () => {
        const names = [
          'kubernetes',
          'kubernetes.default',
          'kubernetes.default.svc',
          `kubernetes.${local}`,
          `kubernetes.${local}.`,
        ];
        await finds(library, Object.fromEntries(names.map((name) => [name, [ips.kubernetes]])));
      });

      test('Services by partial names, those of the own namespace by the shortest', async () => {
        await finds(library, {
          web: [ips.web],
          'web.default': [ips.web],
          'web.default.svc': [ips.web],
          'far.other': [ips.far],
          'far.other.svc': [ips.far],
          [`nobody.${local}.`]: [],
          [`far.${local}.`]: [],
          [`web.nowhere.svc.${zone}.`]: [],
        });
        await finds(library, { far: [ips.far], 'web.default': [ips.web] }, '-n other abroad');
      });

      test('pods of headless Services, and Services that are other names', async () => {
        await finds(library, { peers: [ips.web0, ips.web1].sort(), 'first.db': [ips.db0], inside: [ips.far] });
      });
    });
  }

  test('a name alone is never one of another namespace', async () => {
    await finds('glibc', { far: [] });
    await finds('glibc', { web: [] }, '-n other abroad');
  });

  test('a program finds a Service by its name and talks to it', async () => {
    for (const [of, url] of [
      ['client', 'http://web'],
      ['client', 'http://peers:8080'],
      ['-n other abroad', 'http://web.default'],
    ] as const) {
      assert.match(await inPod(of, `curl -sS --max-time 10 ${url}`), /"pod": "web-[01]"/);
    }
  });

  test('what is too long for UDP is asked again by TCP', async () => {
    const [short = []] = await outputs('client', [`dig +noedns +ignore +short many.${local}`]);
    assert.ok(short.length < many.length);
    await finds('glibc', { many });
  });

  test('what is too long for UDP is asked again by TCP, by musl too', { skip: whyNoTcpInMusl() }, async () => {
    await finds('musl', { many });
  });

  test('glibc asks by TCP alone when the pod says so', async () => {
    const container = { securityContext: { capabilities: { add: ['NET_ADMIN'] } } };
    await apply(pod('by-tcp', { dnsConfig: { options: [{ name: 'use-vc' }] } }, { container }));
    await isReady('by-tcp');
    await inPod(
      'by-tcp',
      `nft 'add table ip t; add chain ip t o { type filter hook output priority 0; }; add rule ip t o udp dport 53 drop'`,
    );
    assert.match(await inPod('by-tcp', `dig +notcp +time=1 +tries=1 kubernetes.${local} || true`), /timed out/);
    await finds('glibc', { 'kubernetes.default': [ips.kubernetes] }, 'by-tcp');
    await remove('by-tcp');
  });

  test('A and SRV of a Service with a cluster IP and of a headless one, PTR of both', async () => {
    const dashed = (ip: string, service: string) => `${ip.replaceAll('.', '-')}.${service}.${local}.`;
    const pods = [ips.web0, ips.web1];
    await answers({
      [`web.${local} A`]: [ips.web],
      [`_http._tcp.web.${local} SRV`]: [`0 100 80 web.${local}.`],
      [`_admin._tcp.web.${local} SRV`]: [`0 100 81 web.${local}.`],
      [`web.${local} SRV`]: [`0 50 80 web.${local}.`, `0 50 81 web.${local}.`],
      [`-x ${ips.web}`]: [`web.${local}.`],
      [`peers.${local} A`]: pods,
      [`_http._tcp.peers.${local} SRV`]: pods.map((ip) => `0 50 8080 ${dashed(ip, 'peers')}`),
      [`${dashed(ips.web0, 'peers')} A`]: [ips.web0],
      [`-x ${ips.web0}`]: [dashed(ips.web0, 'peers'), dashed(ips.web0, 'web')],
    });
  });

  test('NODATA and NXDOMAIN are told apart', async () => {
    const questions = [
      ['web', 'AAAA', 'NOERROR'],
      ['web', 'TXT', 'NOERROR'],
      ['peers', 'AAAA', 'NOERROR'],
      ['nobody', 'A', 'NXDOMAIN'],
      ['nobody', 'AAAA', 'NXDOMAIN'],
      ['x.web', 'A', 'NXDOMAIN'],
    ] as const;
    const got = await outputs(
      'client',
      questions.map(([name, type]) => `dig ${name}.${local} ${type}`),
    );
    for (const [i, [name, type, status]] of questions.entries()) {
      const want = new RegExp(`status: ${status},.*\n.* ANSWER: 0, AUTHORITY: 1`);
      assert.match(got[i]?.join('\n') ?? '', want, `${name} ${type}`);
    }
  });

  test('the host name of a pod is a record when its subdomain is the Service', async () => {
    const of = (name: string) => `${name}.db.${local}`;
    const dashed = (ip: string) => of(ip.replaceAll('.', '-'));
    await answers({
      [`${of('first')} A`]: [ips.db0],
      [`${dashed(ips.db0)} A`]: [],
      [`-x ${ips.db0}`]: [`${of('first')}.`],
      [`${of('second')} A`]: [],
      [`${dashed(ips.db1)} A`]: [ips.db1],
      [`-x ${ips.db1}`]: [`${dashed(ips.db1)}.`],
      [`${of('db-2')} A`]: [],
      [`${dashed(ips.db2)} A`]: [ips.db2],
      [`_sql._tcp.db.${local} SRV`]: [of('first'), dashed(ips.db1), dashed(ips.db2)].map(
        (name) => `0 33 5432 ${name}.`,
      ),
    });
  });

  for (const { name, ip, hostname, domain, kernel } of [
    { name: 'client', ip: 'client', hostname: 'client', domain: '', kernel: 'client' },
    { name: 'db-0', ip: 'db0', hostname: 'first', domain: `.db.${local}`, kernel: 'first' },
    { name: 'db-1', ip: 'db1', hostname: 'second', domain: `.elsewhere.${local}`, kernel: 'second' },
    { name: 'db-2', ip: 'db2', hostname: 'db-2', domain: `.db.${local}`, kernel: `db-2.db.${local}` },
  ] as const) {
    test(`the pod ${name} finds itself by its host name and its full name, in its hosts file`, async () => {
      const full = `${hostname}${domain}`;
      const getent = (name: string) => `getent -s hosts:files hosts ${name}`;
      const got = await outputs(name, ['hostname', 'hostname -f', getent(hostname), getent(full)]);
      const line = [ips[ip], full, ...(domain ? [hostname] : [])].join(' ');
      assert.deepEqual(
        got.map((lines) => lines.map((text) => text.replaceAll(/\s+/g, ' '))),
        [[kernel], [full], [line], [line]],
      );
    });
  }

  test('an ExternalName is another name, changes to another, and becomes a cluster IP', async () => {
    const becomes = (want: Record<string, string[]>) =>
      eventually(JSON.stringify(want), () => answers(want).then(() => true));
    await answers({
      [`alias.${local} CNAME`]: ['foo.example.com.'],
      [`inside.${local} A`]: [`far.other.svc.${zone}.`, ips.far],
    });
    await apply(service('alias', { type: 'ExternalName', externalName: 'bar.example.com' }));
    await becomes({ [`alias.${local} CNAME`]: ['bar.example.com.'] });
    await apply(service('alias', { type: 'ClusterIP', ports: [http] }));
    await becomes({ [`alias.${local} A`]: [await clusterIP('alias')], [`alias.${local} CNAME`]: [] });
  });

  test('dnsPolicy None has what dnsConfig says, and nothing else', async () => {
    const searches = [`_tcp.web.${local}`, '.', `other.svc.${zone}`];
    const options = [{ name: 'ndots', value: '2' }, { name: 'edns0' }];
    await apply(pod('alone', { dnsPolicy: 'None', dnsConfig: { nameservers: [ips.dns], searches, options } }));
    await isReady('alone');
    assert.equal(
      await inPod('alone', 'cat /etc/resolv.conf'),
      `search ${searches.join(' ')}\nnameserver ${ips.dns}\noptions ndots:2 edns0\n`,
    );
    await finds('glibc', { far: [ips.far], [`far.other.svc.${zone}`]: [ips.far] }, 'alone');
    await answers({ '+search _http SRV': [`0 100 80 web.${local}.`] }, 'alone');
    await remove('alone');
  });

  test('a search list of 32 domains and more than 256 characters', async () => {
    const long = Array.from({ length: 28 }, (_, i) => `${'long-'.repeat(7)}${i}.nowhere.svc.${zone}`);
    const searches = [...long, `other.svc.${zone}`];
    await apply(pod('searching', { dnsConfig: { searches } }));
    await isReady('searching');
    const [line = ''] = (await inPod('searching', 'cat /etc/resolv.conf')).split('\n');
    assert.deepEqual(line.split(' '), ['search', local, `svc.${zone}`, zone, ...searches]);
    assert.ok(line.length > 256);
    await finds('glibc', { far: [ips.far] }, 'searching');
    await remove('searching');
  });

  test("on the node's network a pod resolves as its node does, or in the cluster when it says so", async () => {
    await apply(
      pod('as-node', { hostNetwork: true }),
      pod('in-cluster', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }),
    );
    await isReady('as-node', 'in-cluster');
    assert.doesNotMatch(await inPod('as-node', 'cat /etc/resolv.conf'), /cluster\.local/);
    for (const library of whyNoMusl ? (['glibc'] as const) : (['glibc', 'musl'] as const)) {
      await finds(library, { 'kubernetes.default': [ips.kubernetes], web: [ips.web] }, 'in-cluster');
    }
    await answers({ [`kubernetes.${local}`]: [ips.kubernetes], [`-x ${ips.web}`]: [`web.${local}.`] }, 'in-cluster');
    for (const name of ['as-node', 'in-cluster']) {
      const [first, second] = linesOf(await inPod(name, 'hostname; cat /etc/hosts'));
      assert.equal(first, await value(`pod ${name}`, '.spec.nodeName'));
      assert.equal(second, '# Kubernetes-managed hosts file (host network).');
    }
    await remove('as-node', 'in-cluster');
  });

  test('a stub zone and names of its addresses, by way of other servers in pods', async () => {
    const ports = ['UDP', 'TCP'].map((protocol) => ({ name: protocol.toLowerCase(), port: 53, protocol }));
    await apply(...['stub', 'resolver'].map((name) => service(name, { selector: { app: name }, ports })));
    const [stub, resolver] = [await clusterIP('stub'), await clusterIP('resolver')];
    const zones = 'stub.example 192.0.2.0/24';
    await apply(
      ...dnsServer('stub', `${zones} {\n  hosts {\n    192.0.2.77 a.stub.example\n  }\n  ready\n}\n`),
      ...dnsServer('resolver', `${zones} {\n  forward . ${stub}\n}\n. {\n  forward . ${ips.dns}\n  ready\n}\n`),
      pod('stubbed', { dnsPolicy: 'None', dnsConfig: { nameservers: [resolver], searches: ['stub.example'] } }),
    );
    await isReady('stub', 'resolver', 'stubbed');
    const want = {
      'a.stub.example': ['192.0.2.77'],
      '-x 192.0.2.77': ['a.stub.example.'],
      'b.stub.example': [],
      [`web.${local}`]: [ips.web],
    };
    // The proxies of the nodes hear of the new servers at their own pace.
    await eventually('the servers are reached', () => answers(want, 'stubbed').then(() => true));
    await finds('glibc', { a: ['192.0.2.77'] }, 'stubbed');
    await remove('stub', 'resolver', 'stubbed');
  });
});
