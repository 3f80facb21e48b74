// Server-side apply as people use it: every kubectl that is installed, against a server on loopback (api.md §10.3, §19).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { CertificateAuthority } from '#cluster/pki.ts';
import { admin, startServer, type TestServer } from './in-process-suite.ts';

const kubectls = ['/usr/bin/kubectl', ...globSync('/usr/lib/google-cloud-sdk/bin/kubectl.1.*').sort()].filter(
  existsSync,
);

describe('kubectl', { skip: kubectls.length > 0 ? false : 'there is no kubectl' }, () => {
  let home: string;
  let api: TestServer;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'portolan-apply-'));
    api = await startServer();
    const ca = await CertificateAuthority.create('test-ca');
    const serving = await ca.issue({ commonName: 'apiserver', names: ['127.0.0.1'] });
    const client = await ca.issue({ commonName: admin.name, organizations: admin.groups });
    const tls = { ...serving, ca: ca.pair.cert };
    const { port } = await api.server.listen({ host: '127.0.0.1', port: 0, tls });
    const base64 = (value: string) => Buffer.from(value).toString('base64');
    const cluster = {
      server: `https://127.0.0.1:${port}`,
      'certificate-authority-data': base64(ca.pair.cert),
    };
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'admin', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    };
    await writeFile(join(home, 'config'), JSON.stringify(config));
  });
  after(async () => {
    await api.server.close();
    await rm(home, { recursive: true, force: true });
  });

  for (const path of kubectls) {
    /** What it prints, on both of its outputs. */
    const kubectl = async (args: string, input: unknown = ''): Promise<string> => {
      const env = { HOME: home, KUBECONFIG: join(home, 'config'), PATH: '/usr/bin:/bin' };
      const child = spawn(path, ['--request-timeout=10s', ...args.split(' ')], { env, timeout: 30_000 });
      const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      child.stdin.end(typeof input === 'string' ? input : JSON.stringify(input));
      const [stdout, stderr] = await outputs;
      return `${stdout}${stderr}`.trim();
    };
    const configMap = (data: object, name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data,
    });

    describe(path, () => {
      const name = path.split('/').at(-1)?.replaceAll('.', '-') ?? '';

      test('applies, sees conflicts, forces', async () => {
        const deployment = (replicas: number) => ({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name },
          spec: {
            replicas,
            selector: { matchLabels: { app: name } },
            template: {
              metadata: { labels: { app: name } },
              spec: { containers: [{ name: 'c', image: 'host', ports: [{ containerPort: 80 }] }] },
            },
          },
        });
        const applied = `deployment.apps/${name} serverside-applied`;
        assert.equal(await kubectl('apply --server-side -f -', deployment(1)), applied);
        assert.equal(await kubectl('apply --server-side -f -', deployment(1)), applied);
        assert.match(await kubectl(`scale deployment ${name} --replicas=3`), /scaled/);
        const refused = await kubectl('apply --server-side -f -', deployment(2));
        assert.match(
          refused,
          /^error: Apply failed with 1 conflict: conflict with "kubectl[.\d]*" with subresource "scale" using apps\/v1: \.spec\.replicas/,
        );
        assert.match(refused, /--force-conflicts/);
        assert.equal(await kubectl('apply --server-side --force-conflicts -f -', deployment(2)), applied);
        assert.equal(await kubectl(`get deploy ${name} -o jsonpath={.spec.replicas}`), '2');
        const shown = await kubectl(`get deploy ${name} -o yaml --show-managed-fields`);
        assert.match(shown, /k:\{"containerPort":80,"protocol":"TCP"\}/);
        assert.doesNotMatch(await kubectl(`get deploy ${name} -o yaml`), /managedFields/);
        assert.match(
          await kubectl('apply --server-side -f -', { ...deployment(2), spec: { prots: [] } }),
          /field not declared in schema|unknown field "spec.prots"/,
        );
      });

      test('takes over what it applied by client', async () => {
        const cm = `${name}-cm`;
        assert.equal(await kubectl('apply -f -', configMap({ a: '1', b: '1' }, cm)), `configmap/${cm} created`);
        assert.match(await kubectl(`apply view-last-applied cm ${cm} -o json`), /"b": "1"/);
        const applied = `configmap/${cm} serverside-applied`;
        assert.equal(await kubectl('apply --server-side -f -', configMap({ a: '2' }, cm)), applied);
        const owners = await kubectl(
          `get cm ${cm} -o jsonpath={range.metadata.managedFields[*]}{.manager}/{.operation},{end} --show-managed-fields`,
        );
        assert.match(owners, /kubectl\/Apply,/);
        // From 1.26 on kubectl moves to the applier what it owned as updater, so that the second apply removes it.
        assert.equal(await kubectl('apply --server-side -f -', configMap({ a: '2' }, cm)), applied);
        assert.equal(await kubectl(`get cm ${cm} -o jsonpath={.data}`), '{"a":"2"}');
        assert.match(await kubectl(`apply view-last-applied cm ${cm} -o json`), /"a": "2"/);
        assert.equal(await kubectl('apply -f -', configMap({ a: '3' }, cm)), `configmap/${cm} configured`);
      });

      test('shows what an apply would change', async () => {
        const cm = `${name}-diff`;
        await kubectl('apply --server-side -f -', configMap({ a: '1' }, cm));
        const diff = await kubectl('diff --server-side -f -', configMap({ a: '2' }, cm));
        assert.match(diff, /^-\s+a: "1"$/m);
        assert.match(diff, /^\+\s+a: "2"$/m);
        assert.equal(await kubectl('diff --server-side -f -', configMap({ a: '1' }, cm)), '');
        assert.match(
          await kubectl('apply --server-side --dry-run=server -f -', configMap({ a: '2' }, cm)),
          /serverside-applied \(server dry run\)/,
        );
      });
    });
  }
});
