// The manifests of deploy/dns with the real kubectl: the API takes them, and what they make is a DNS server that answers.
// The image is the host's own programs; a kubeconfig stands in for the service account's token, which is not there yet.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { run } from '#lib/run.ts';
import { eventually, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: manifests are changed here as a person would change them.
type Manifest = any;
const manifests = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(`deploy/dns/${file}`, 'utf8')).map((document) => document.toJS());

/** Kinds that this API server does not have. */
const notServed = ['ClusterRole', 'ClusterRoleBinding'];
const address = '10.96.0.99';

describe('deploy/dns', { skip: whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('dig') }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await TestCluster.start('e2e-deploy');
  });
  after(() => cluster[Symbol.asyncDispose]());

  const apply = (objects: readonly Manifest[], flags = ''): Promise<string> =>
    cluster.kubectl(`apply ${flags} -f -`, {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    });

  test('every manifest is valid', async () => {
    for (const file of ['dns.yaml', 'node-dns.yaml']) {
      const objects = manifests(file);
      const served = objects.filter(({ kind }) => !notServed.includes(kind));
      const answered = await apply(served, '--dry-run=server');
      assert.equal(answered.trim().split('\n').length, served.length, answered);
    }
  });

  test('the Deployment is a DNS server behind its Service', async () => {
    const objects = manifests('dns.yaml').filter(({ kind }) => !notServed.includes(kind));
    const deployment = objects.find(({ kind }) => kind === 'Deployment');
    const { spec } = deployment.spec.template;
    const [container] = spec.containers;
    container.image = 'host';
    container.command = ['portolan'];
    container.args.push('--kubeconfig', '/etc/api/kubeconfig');
    container.volumeMounts.push({ name: 'api', mountPath: '/etc/api' });
    spec.volumes.push({ name: 'api', secret: { secretName: 'api' } });
    const kubeconfig = readFileSync(cluster.kubeconfig, 'utf8').replace(/server: .*/, 'server: https://10.96.0.1:443');
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'api', namespace: 'kube-system' } },
      stringData: { kubeconfig },
    };
    // The cluster has a Service of this name already.
    const service = objects.find(({ kind }) => kind === 'Service');
    service.metadata.name = 'kube-dns-deployed';
    service.spec.clusterIP = address;

    await apply([secret, ...objects]);
    await cluster.kubectl('-n kube-system rollout status deployment/portolan-dns --timeout=60s');
    const ask = (...args: string[]) => run('dig', [`@${address}`, '+short', '+tries=1', '+time=3', ...args]);
    await eventually('the Service leads to the server', async () => {
      return (await ask('kubernetes.default.svc.cluster.local')).trim() === '10.96.0.1';
    });
    assert.equal((await ask('+tcp', '-x', '10.96.0.1')).trim(), 'kubernetes.default.svc.cluster.local.');
    const metrics = await run('curl', ['-s', `http://${address}:9153/metrics`]);
    assert.match(metrics, /^coredns_plugin_enabled\{.*name="kubernetes"\} 1$/m);
  });
});
