// Clusters with IPv6: one of both families, used by people's means, and beside it one of IPv6 alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inBrackets } from '#lib/cidr.ts';
import { tryRun } from '#lib/run.ts';
import {
  eventually,
  portolan,
  statusOf,
  TestCluster,
  traces,
  whyNoCluster,
  whyNoKubectl,
  whyNoProgram,
} from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('dig') ?? whyNoProgram('curl');

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'echo',
            image: 'host',
            command: ['portolan', 'echo'],
            env: [
              { name: 'IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
              { name: 'HOST_IPS', valueFrom: { fieldRef: { fieldPath: 'status.hostIPs' } } },
            ],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};
const service = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
});

/** What the tests do with either cluster. */
const using = (cluster: TestCluster) => {
  const values = async (what: string, path: string) =>
    (await cluster.kubectl(`get ${what} -o`, {}, [`jsonpath={range ${path}}{@}{"\\n"}{end}`]))
      .split('\n')
      .filter(Boolean);
  /** Asks so often, by a connection each, from the host or from a pod. */
  const curl = async (pod: string | undefined, url: string, times = 1): Promise<Echo[]> => {
    const args = ['-gsS', '--max-time', '5', '-H', 'connection: close', ...Array<string>(times).fill(url)];
    const { code, stdout, stderr } = pod
      ? await cluster.tryKubectl(`exec ${pod} -- curl`, {}, args)
      : await tryRun('curl', args);
    if (code !== 0) throw new Error(stderr);
    return stdout.split(/(?<=^})\n/m).flatMap((answer) => (answer ? JSON.parse(answer) : []));
  };
  return {
    values,
    apply: (...objects: object[]) =>
      cluster.kubectl('apply -f -', { input: objects.map((object) => JSON.stringify(object)).join('\n---\n') }),
    /** One answer. */
    ask: async (pod: string | undefined, url: string): Promise<Echo> => (await curl(pod, url))[0] ?? assert.fail(url),
    /** Each of the two pods answers there, to the host or a pod. */
    bothAnswer: (pod: string | undefined, url: string) =>
      eventually(`both pods answer at ${url} to ${pod ?? 'the host'}`, async () => {
        const answers = await curl(pod, url, 10);
        return new Set(answers.map((answer) => answer.pod)).size === 2;
      }),
  };
};
interface Echo {
  readonly pod: string;
  readonly ips?: readonly string[];
  readonly request: { readonly client: string };
}
const dig = async (server: string, ...args: string[]) =>
  (await tryRun('dig', [`@${server}`, '+time=2', '+tries=2', '+short', ...args])).stdout.trim().split('\n').sort();
const isIPv6 = (address: string) => address.includes(':');

describe('clusters with IPv6', { skip }, () => {
  const left = () => traces('e2e-dual', 'e2e-six');
  let earlier: Record<string, string[]>;
  let dual: TestCluster;
  let six: TestCluster;
  before(async () => {
    earlier = await left();
    dual = await TestCluster.start('e2e-dual', ['--ip-family', 'dual']);
    const { apply } = using(dual);
    await apply(
      web,
      service('web', { ipFamilyPolicy: 'RequireDualStack', type: 'NodePort' }),
      service('six', { ipFamilies: ['IPv6'] }),
      service('nobody', { ipFamilyPolicy: 'RequireDualStack', selector: { app: 'nobody' } }),
      service('peers', { ipFamilyPolicy: 'PreferDualStack', clusterIP: 'None' }),
    );
    await dual.kubectl('run client --image=host -- sleep 3600');
    six = await TestCluster.start('e2e-six', ['--ip-family', 'ipv6', '--nodes', '1']);
    await using(six).apply(web, service('web', { type: 'NodePort' }));
    for (const cluster of [dual, six]) await cluster.kubectl('rollout status deployment web --timeout=60s');
    await dual.kubectl('wait --for=condition=Ready pod/client --timeout=60s');
  });
  after(async () => {
    await six?.[Symbol.asyncDispose]();
    await dual?.[Symbol.asyncDispose]();
    assert.deepEqual(await left(), earlier);
  });

  test('dual stack: nodes and pods have an address of each family, IPv4 first', async () => {
    const { values, ask } = using(dual);
    assert.deepEqual(await values('node node-2', '.status.addresses[?(@.type=="InternalIP")].address'), [
      '10.254.0.12',
      'fd00:10:254::c',
    ]);
    assert.deepEqual(await values('node node-2', '.spec.podCIDRs[*]'), ['10.244.2.0/24', 'fd00:10:244:2::/64']);
    const ips = await values('pod client', '.status.podIPs[*].ip');
    assert.deepEqual(ips.map(isIPv6), [false, true]);
    const hosts = await dual.kubectl('exec client -- cat /etc/hosts');
    for (const ip of ips) assert.ok(hosts.includes(`\n${ip}\tclient\n`), hosts);
    for (const ip of await values('pods -l app=web', '.items[*].status.podIPs[*].ip')) {
      const env = (await ask('client', `http://${inBrackets(ip)}:8080/env`)) as unknown as Record<string, string>;
      assert.ok(env.IPS?.split(',').includes(ip));
      assert.deepEqual(env.HOST_IPS?.split(',').map(isIPv6), [false, true]);
      assert.deepEqual((await ask(undefined, `http://${inBrackets(ip)}:8080`)).ips?.map(isIPv6), [false, true]);
    }
  });

  test('dual stack: a Service is reached on both cluster IPs, by a pod, by the host, and on node ports', async () => {
    const { values, bothAnswer, ask } = using(dual);
    const clusterIPs = await values('svc web', '.spec.clusterIPs[*]');
    assert.deepEqual(clusterIPs.map(isIPv6), [false, true]);
    const [nodePort] = await values('svc web', '.spec.ports[*].nodePort');
    const nodeIPs = await values('nodes', '.items[*].status.addresses[?(@.type=="InternalIP")].address');
    assert.equal(nodeIPs.length, 4);
    for (const address of [...clusterIPs, ...nodeIPs.map((ip) => `${inBrackets(ip)}:${nodePort}`)]) {
      const url = `http://${address.includes('.') || address.startsWith('[') ? address : inBrackets(address)}`;
      await bothAnswer(undefined, url);
      await bothAnswer('client', url);
    }
    const podIPs = await values('pod client', '.status.podIPs[*].ip');
    for (const [i, ip] of clusterIPs.entries()) {
      const { request } = await ask('client', `http://${inBrackets(ip)}`);
      assert.equal(request.client.replace(/:\d+$/, ''), inBrackets(podIPs[i] ?? ''), 'pods are seen as they are');
    }
  });

  test('dual stack: without endpoints a connection is refused at once, again and again, on both cluster IPs', async () => {
    for (const ip of await using(dual).values('svc nobody', '.spec.clusterIPs[*]'))
      for (let i = 0; i < 5; i++) {
        const { code } = await tryRun('curl', ['-gsS', '--max-time', '2', `http://${inBrackets(ip)}`]);
        assert.equal(code, 7, ip);
      }
  });

  test('dual stack: DNS answers on both of its addresses, with A, AAAA and both reverse zones', async () => {
    const { values } = using(dual);
    const servers = await values('svc -n kube-system kube-dns', '.spec.clusterIPs[*]');
    assert.deepEqual(servers, ['10.96.0.10', 'fd00:10:96::a']);
    const [ip4 = '', ip6 = ''] = await values('svc web', '.spec.clusterIPs[*]');
    const podIPs = await values('pods -l app=web', '.items[*].status.podIPs[*].ip');
    for (const server of servers) {
      assert.deepEqual(await dig(server, 'web.default.svc.cluster.local', 'A'), [ip4]);
      assert.deepEqual(await dig(server, '+tcp', 'web.default.svc.cluster.local', 'AAAA'), [ip6]);
      for (const ip of [ip4, ip6]) assert.deepEqual(await dig(server, '-x', ip), ['web.default.svc.cluster.local.']);
      assert.deepEqual(await dig(server, 'peers.default.svc.cluster.local', 'AAAA'), podIPs.filter(isIPv6).sort());
      assert.deepEqual(await dig(server, 'six.default.svc.cluster.local', 'A'), ['']);
      assert.match((await dig(server, 'kubernetes.default.svc.cluster.local', 'A')).join(), /^10\.96\.0\.1$/);
      assert.deepEqual(await dig(server, 'kubernetes.default.svc.cluster.local', 'AAAA'), ['']);
    }
    assert.match(await dual.kubectl('exec client -- curl -6 -sS --max-time 5 http://six'), /"pod": "web-/);
    assert.match(await dual.kubectl('exec client -- curl -6 -sS --max-time 5 http://web'), /"pod": "web-/);
  });

  test('status tells both addresses of the DNS', async () => {
    assert.match(await statusOf(dual.name), /^ {2}cluster DNS 10\.96\.0\.10, fd00:10:96::a$/m);
    assert.match(await statusOf(six.name), /^ {2}API server {2}https:\/\/\[fd00:10:254:1::1\]:6443$/m);
  });

  test('IPv6 alone, beside another cluster: its own ranges; kubectl, logs, exec, DNS and Services work', async () => {
    const { values, bothAnswer } = using(six);
    const [ip = ''] = await values('svc web', '.spec.clusterIPs[*]');
    assert.match(ip, /^fd00:10:112::/);
    await bothAnswer(undefined, `http://[${ip}]`);
    const [nodePort] = await values('svc web', '.spec.ports[*].nodePort');
    const [nodeIP = ''] = await values('nodes', '.items[*].status.addresses[?(@.type=="InternalIP")].address');
    await bothAnswer(undefined, `http://${inBrackets(nodeIP)}:${nodePort}`);
    const [pod = ''] = await values('pods', '.items[*].metadata.name');
    await bothAnswer(pod, 'http://web');
    assert.match(await six.kubectl(`exec ${pod} -- cat /etc/resolv.conf`), /^nameserver fd00:10:112::a$/m);
    assert.equal(await six.kubectl(`logs ${pod}`), '');
    assert.deepEqual(await values('pods', '.items[*].status.podIPs[*].ip').then((ips) => ips.map(isIPv6)), [
      true,
      true,
    ]);
    const { stderr } = await six.tryKubectl('patch svc web -p', {}, ['{"spec":{"ipFamilyPolicy":"RequireDualStack"}}']);
    assert.match(stderr, /this cluster is not configured for dual-stack services/);
  });

  test('a cluster keeps its families, and the wish to lose one is refused', async () => {
    const { values, bothAnswer, ask } = using(dual);
    const clusterIPs = await values('svc web', '.spec.clusterIPs[*]');
    await portolan(['down', '--name', dual.name]);
    const other = await portolan(['up', '--detach', '--name', dual.name, '--ip-family', 'ipv4']);
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      /^Cannot continue the cluster e2e-dual with --ip-family ipv4: .* by --ip-family dual.*--fresh/,
    );
    const again = await portolan(['up', '--detach', '--name', dual.name]);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await values('svc web', '.spec.clusterIPs[*]'), clusterIPs);
    for (const ip of clusterIPs) await bothAnswer(undefined, `http://${inBrackets(ip)}`);
    await eventually(
      'the pods tell both addresses',
      async () => (await ask(undefined, `http://${clusterIPs[0]}`)).ips?.length === 2,
    );
  });

  test('a cluster of one family becomes one of both, with all that it had', async () => {
    const { values, bothAnswer } = using(six);
    const [ip = ''] = await values('svc web', '.spec.clusterIPs[*]');
    await portolan(['down', '--name', six.name]);
    const { code, stdout, stderr } = await portolan(['up', '--detach', '--name', six.name, '--ip-family', 'dual']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Nodes and pods get addresses of both families; Services do when/m);
    assert.deepEqual(await values('node node-1', '.spec.podCIDRs[*]'), ['fd00:10:245:1::/64', '10.245.1.0/24']);
    await six.kubectl('patch svc web -p', {}, ['{"spec":{"ipFamilyPolicy":"PreferDualStack"}}']);
    const clusterIPs = await values('svc web', '.spec.clusterIPs[*]');
    assert.equal(clusterIPs[0], ip);
    assert.match(clusterIPs[1] ?? '', /^10\.1(1[2-9]|2[0-7])\./);
    for (const each of clusterIPs) await bothAnswer(undefined, `http://${inBrackets(each)}`);
    assert.deepEqual(await dig('10.112.0.10', 'web.default.svc.cluster.local', 'A'), [clusterIPs[1]]);
  });
});
