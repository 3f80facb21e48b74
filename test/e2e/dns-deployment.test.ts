// The manifests of deploy/dns, with the real kubectl: they take the place of the cluster DNS of a running cluster. The pods
// differ from the manifest in their image, which is that of this machine, and so in their user; and in the way to the API
// server, because service accounts have no tokens here. There are no roles here either, so the role is held against what
// the server asks for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, type TestContext, test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { Client } from '#client/index.ts';
import { apiServer } from '#dns/api-server.testing.ts';
import { DnsServer } from '#dns/server.ts';
import { corefile } from '#dns/testing/corefile.ts';
import { log } from '#dns/testing/listening.ts';
import { SteadyClient } from '#dns/testing/steady-client.ts';
import { tryRun } from '#lib/run.ts';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const name = 'portolan-dns';
const dnsIP = '10.96.0.10';
const kubernetes = 'kubernetes.default.svc.cluster.local';

const manifest = (file: string) =>
  parseAllDocuments(readFileSync(`deploy/dns/${file}.yaml`, 'utf8')).map((document) => document.toJS());

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

test('the role is what the server asks of the API, no less and no more', async (t: TestContext) => {
  const { rules } = manifest('rbac').find(({ kind }) => kind === 'ClusterRole') as { rules: readonly Rule[] };
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
  );
  const asked = new Set<string>();
  const fetchApi = await apiServer(t);
  const client = new Client(async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const [, group = '', resource] = /^\/(?:api|apis\/([^/]+))\/v1\/(\w+)$/.exec(pathname) ?? [];
    const verb = request.method !== 'GET' ? request.method : searchParams.has('watch') ? 'watch' : 'list';
    asked.add(`${verb} ${resource}.${group}`);
    return await fetchApi(request);
  });
  // With everything that wants to know more of the cluster.
  const text = `cluster.local:0 {
    bind 127.0.0.1
    kubernetes cluster.local in-addr.arpa {
      pods verified
    }
    k8s_external example.org
    autopath @kubernetes
    transfer {
      to *
    }
  }`;
  const server = new DnsServer({ connect: async () => client, log }, await corefile(text));
  t.after(() => server.close());
  await server.start();
  await server.synced();
  await eventually('it watches', async () => [...asked].filter((each) => each.startsWith('watch')).length === 4);
  assert.deepEqual([...asked].sort(), granted.sort());
});

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('dig');

describe('deploy/dns', { skip }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start('e2e-dns');
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  const apply = (objects: readonly object[]) =>
    cluster.kubectl('apply -f -', { input: objects.map((object) => stringify(object)).join('---\n') });
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(`-n kube-system ${args}`, {}, more);
  const dig = async (...question: string[]) => {
    const { stdout } = await tryRun('dig', [`@${dnsIP}`, '+noall', '+answer', '+tries=1', '+time=2', ...question]);
    return stdout.trim().replace(/\s+/g, ' ');
  };
  const podNames = async () =>
    (await kubectl(`get pods -l app.kubernetes.io/name=${name} -o jsonpath={.items[*].metadata.name}`)).split(' ');

  test('the cache of every node is taken by the API', async () => {
    await cluster.kubectl('apply --dry-run=server -f deploy/dns/node-dns.yaml');
  });

  /** The way to the API server from a pod. */
  async function secret(): Promise<object> {
    const config = await cluster.kubectl('config view --raw --minify');
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'kube-system' },
      stringData: { kubeconfig: config.replace(/server: .*/, 'server: https://10.96.0.1') },
    };
  }

  // biome-ignore lint/suspicious/noExplicitAny: as it is written
  function ours(): any[] {
    const [deployment, ...others] = manifest('deployment');
    const { spec } = deployment.spec.template;
    const [container] = spec.containers;
    Object.assign(spec.securityContext, { runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 });
    Object.assign(container, { image: 'host', command: ['portolan', 'dns'] });
    container.args.push('--kubeconfig', '/etc/kubeconfig/kubeconfig');
    container.volumeMounts.push({ name: 'kubeconfig', mountPath: '/etc/kubeconfig', readOnly: true });
    spec.volumes.push({ name: 'kubeconfig', secret: { secretName: name } });
    return [deployment, ...others];
  }

  /** One that was there before, as kubeadm has it: its pods have nothing but the label that the Service selects. */
  function earlier(): object {
    const [deployment] = ours();
    const labels = { 'k8s-app': 'kube-dns' };
    Object.assign(deployment.metadata, { name: 'coredns', labels });
    Object.assign(deployment.spec, { selector: { matchLabels: labels } });
    Object.assign(deployment.spec.template.metadata, { labels });
    return deployment;
  }

  test('takes the place of another one, and so does each of its versions, without a query lost', async (t) => {
    const account = manifest('rbac').filter(({ kind }) => kind === 'ServiceAccount');
    await apply([...account, ...manifest('configmap'), await secret(), earlier(), ...manifest('service')]);
    await kubectl('rollout status deployment coredns --timeout=60s');
    await eventually('its pods answer', async () => / 30 IN A 10\.96\.0\.1$/.test(await dig(kubernetes)));
    const at = { host: dnsIP, port: 53 };
    const starting = [1, 2, 3].map(() => SteadyClient.start(t, 'resolver', at, [kubernetes]));
    const clients = await Promise.all(starting);

    await apply(ours());
    await kubectl(`rollout status deployment ${name} --timeout=60s`);
    await kubectl('scale deployment coredns --replicas=0');
    const addresses = () => kubectl('get endpointslices -l k8s-app=kube-dns -o jsonpath={..addresses}');
    await eventually('the others are gone', async () => /^(\["[\d.]+"\] ?){2}$/.test(await addresses()));
    const before = await podNames();
    await kubectl(`rollout restart deployment ${name}`);
    await kubectl(`rollout status deployment ${name} --timeout=90s`);
    await eventually('the pods are others', async () => !(await podNames()).some((pod) => before.includes(pod)));
    await Promise.all(clients.map((client) => client.stop()));
    assert.deepEqual(
      clients.flatMap(({ failures }) => failures),
      [],
    );
  });

  test('answers by UDP and TCP, in reverse, to pods; metrics are at the Service', async () => {
    for (const by of ['+notcp', '+tcp']) assert.match(await dig(kubernetes, by), / 30 IN A 10\.96\.0\.1$/);
    assert.match(await dig('-x', dnsIP), / PTR kube-dns\.kube-system\.svc\.cluster\.local\.$/);
    assert.match(await dig('-x', '10.96.0.1'), / PTR kubernetes\.default\.svc\.cluster\.local\.$/);
    await cluster.kubectl('run asker --image=host --restart=Never -- sleep 3600');
    await cluster.kubectl('wait pod/asker --for=condition=Ready --timeout=60s');
    assert.match(await cluster.kubectl('exec asker -- getent hosts kubernetes.default'), /^10\.96\.0\.1 /);
    const metrics = await (await fetch(`http://${dnsIP}:9153/metrics`)).text();
    assert.match(metrics, /^coredns_dns_requests_total\{server="dns:\/\/:53",zone="\.",view="",proto="udp".*\} [1-9]/m);
    assert.match(await kubectl(`get pdb ${name}`), new RegExp(`^${name} +N/A +1 +1 `, 'm'));
  });

  test('a changed ConfigMap is taken by pods that run', async () => {
    const [map] = manifest('configmap');
    map.data.Corefile = map.data.Corefile.replace('ttl 30', 'ttl 20');
    await apply([map]);
    for (const pod of await podNames()) {
      const file = ['exec', pod, '--', 'cat', '/etc/portolan-dns/Corefile'];
      await eventually('the file has changed', async () => /ttl 20/.test(await kubectl('', ...file)), 60_000);
      // Not to wait for `reload`, which looks every half minute.
      await kubectl('', 'exec', pod, '--', 'kill', '-USR1', '1');
    }
    await eventually('all answer with it', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => dig(kubernetes)));
      return answers.every((answer) => / 20 IN A 10\.96\.0\.1$/.test(answer));
    });
    const restarts = await kubectl(
      `get pods -l app.kubernetes.io/name=${name} -o jsonpath={.items[*].status.containerStatuses[0].restartCount}`,
    );
    assert.equal(restarts, '0 0');
  });
});
