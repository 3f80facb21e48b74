// Every kubectl from 1.27 on that this machine has, with the commands that need more of a server than its verbs: discovery,
// OpenAPI in the form that the version wants, validation, the four kinds of patches, protobuf bodies (api.md §3, §4, §19).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kinds } from '#api/kinds/index.ts';
import { startServer, type TestServer } from './in-process-suite.ts';
import { Kubectl, kubectlVersions, whyNoKubectl } from './kubectl-suite.ts';

const deployment = (name: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'c', image: 'host', env: [{ name: 'A', value: '1' }] }] },
    },
    ...more,
  },
});

const versions = kubectlVersions();
const [oldest] = versions.at(0) ?? [];
const [newest] = versions.at(-1) ?? [];

describe('kubectl', { skip: whyNoKubectl }, () => {
  let api: TestServer;
  let kubectl: Kubectl;
  before(async () => {
    api = await startServer();
    kubectl = await Kubectl.connect(api);
  });
  after(async () => {
    await api.server.close();
    await kubectl[Symbol.asyncDispose]();
  });

  for (const [version, path] of versions) {
    const name = `v${version.replace('.', '-')}`;
    const run = (args: string, input?: unknown) => kubectl.run(args.split(' '), { input, path });
    const ok = async (args: string, want: RegExp, input?: unknown) => {
      const { code, stdout, stderr } = await run(args, input);
      assert.equal(code, 0, `kubectl ${args}: ${stdout}${stderr}`);
      assert.match(stdout, want, `kubectl ${args}`);
    };
    const refused = async (args: string, want: RegExp, input?: unknown) => {
      const { code, stdout, stderr } = await run(args, input);
      assert.notEqual(code, 0, `kubectl ${args}: ${stdout}`);
      assert.match(stderr, want, `kubectl ${args}`);
    };

    test(`${version}: knows what is served`, async () => {
      await ok('version', new RegExp(`Client Version.*v${version}\\.[\\s\\S]*Server Version: .*v1\\.`));
      await ok('api-versions', /^apps\/v1\n[\s\S]*^v1\n/m);
      await ok('api-resources', /^services +svc +v1 +true +Service$/m);
    });

    test(`${version}: explains every kind`, async () => {
      const all = version === oldest || version === newest ? kinds : kinds.slice(0, 2);
      // From OpenAPI v2, in its binary form: all of it once, by the version that still relies on it.
      const forms = version === newest ? [[], ['--recursive']] : [['--output=plaintext-openapiv2']];
      const explainOne = async ({ resource, group, version: of }: (typeof kinds)[number]) => {
        const target = [resource, '--api-version', group ? `${group}/${of}` : of];
        for (const more of forms) {
          const args = ['explain', ...target, ...more];
          const { code, stdout, stderr } = await kubectl.run(args, { path });
          assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
          assert.match(stdout, /^KIND:[\s\S]*^DESCRIPTION:\n +\S[\s\S]*^FIELDS:\n +\S/m, `kubectl ${args.join(' ')}`);
        }
      };
      for (let at = 0; at < all.length; at += 4) await Promise.all(all.slice(at, at + 4).map(explainOne));
    });

    test(`${version}: validates, applies, and applies again`, async () => {
      await refused(
        'create -f -',
        /BadRequest[\s\S]*strict decoding error: unknown field "spec\.replica"/,
        deployment(name, { replica: 1 }),
      );
      await ok('apply -f -', /^deployment.apps\/\S+ created$/m, deployment(name));
      await ok('apply -f -', /^deployment.apps\/\S+ unchanged$/m, deployment(name));
      await ok('apply -f -', /^deployment.apps\/\S+ configured$/m, deployment(name, { replicas: 2 }));
      await ok(`get deployment ${name} -o jsonpath={.spec.replicas}`, /^2$/);
      const { code, stdout, stderr } = await run('diff -f -', deployment(name, { replicas: 3 }));
      assert.equal(code, 1, stderr);
      assert.match(stdout, /^- {2}replicas: 2\n\+ {2}replicas: 3$/m);
      await ok('apply -f - --dry-run=server', /configured \(server dry run\)/, deployment(name, { replicas: 3 }));
      await ok(`get deployment ${name} -o jsonpath={.spec.replicas}`, /^2$/);
    });

    test(`${version}: applies on the server`, async () => {
      const own = `${name}-ssa`;
      await ok('apply --server-side -f -', /serverside-applied/, deployment(own));
      await ok('apply --server-side -f -', /serverside-applied/, deployment(own, { replicas: 3 }));
      await ok(`scale deployment ${own} --replicas=5`, /scaled/);
      await refused(
        'apply --server-side -f -',
        /Apply failed with 1 conflict: conflict with "kubectl\S*" with subresource "scale"[\s\S]*\.spec\.replicas/,
        deployment(own, { replicas: 3 }),
      );
      await ok('apply --server-side --force-conflicts -f -', /serverside-applied/, deployment(own, { replicas: 3 }));
      // What was applied by the client before goes on on the server.
      await ok('apply --server-side -f -', /serverside-applied/, deployment(name, { replicas: 2 }));
    });

    test(`${version}: patches in every form`, async () => {
      const patch = (type: string, body: unknown, want: RegExp) =>
        kubectl
          .run(['patch', 'deployment', name, `--type=${type}`, '-p', JSON.stringify(body)], { path })
          .then(({ stdout, stderr }) => assert.match(`${stdout}${stderr}`, want));
      await patch('merge', { spec: { minReadySeconds: 3 } }, / patched\n$/);
      await patch('merge', { spec: { minReadySeconds: 3 } }, / patched \(no change\)\n$/);
      await patch('json', [{ op: 'replace', path: '/spec/minReadySeconds', value: 4 }], / patched\n$/);
      await patch('json', [{ op: 'remove', path: '/spec/nothing' }], /request is invalid/);
      const containers = [{ name: 'c', env: [{ name: 'B', value: '2' }] }];
      await patch('strategic', { spec: { template: { spec: { containers } } } }, / patched\n$/);
      await ok(`get deployment ${name} -o jsonpath={..env[*].name}`, /^B A$/);
    });

    test(`${version}: changes with its own commands`, async () => {
      await ok(`label deployment ${name} tier=front`, /labeled/);
      await ok(`annotate deployment ${name} note=x`, /annotated?/);
      await ok(`set image deployment/${name} c=host:2`, /image updated/);
      await ok(`set env deployment/${name} A-`, /env updated/);
      await ok(`rollout restart deployment/${name}`, /restarted/);
      await ok(`rollout pause deployment/${name}`, /paused/);
      await ok(`scale deployment ${name} --current-replicas=2 --replicas=1`, /scaled/);
      await ok(`expose deployment ${name} --port=80`, /exposed/);
      await ok(`get service ${name} -o yaml`, /^ {2}clusterIP: 10\./m);
      const { stdout: json } = await run(`get deployment ${name} -o json`);
      await ok('replace -f -', /replaced/, {
        ...JSON.parse(json),
        metadata: { ...JSON.parse(json).metadata, labels: {} },
      });
    });

    test(`${version}: creates from the command line`, async () => {
      await ok(`create deployment ${name}-c --image=host --replicas=2`, /created/);
      await ok(`create service nodeport ${name}-np --tcp=80:8080`, /created/);
      await ok(`create configmap ${name} --from-literal=a=b`, /created/);
      await ok(`create secret generic ${name} --from-literal=a=b`, /created/);
      await ok(`create serviceaccount ${name}`, /created/);
      await ok(`create namespace ${name}`, /created/);
      await ok(`run ${name} --image=host`, /pod\/\S+ created/);
    });

    test(`${version}: shows and deletes`, async () => {
      await ok('get all', /^service\/kubernetes +ClusterIP +10\./m);
      await ok(`get deployments,services -o wide`, /SELECTOR[\s\S]*SELECTOR/);
      await ok(`describe service ${name}`, /^Type: +ClusterIP$[\s\S]*^Endpoints: /m);
      await ok(`describe deployment ${name}`, /^Replicas: /m);
      await ok('get events', /^$/);
      await ok(`get --raw /apis/apps/v1/namespaces/default/deployments/${name}/scale`, /"replicas":1/);
      await ok(`delete deployment,service,configmap,secret,serviceaccount,pod ${name}`, /pod "\S+" (force )?deleted/);
      await ok(`delete deployment ${name}-c ${name}-ssa --cascade=foreground --wait=false`, /deleted/);
      await refused(`get deployment ${name}`, /Error from server \(NotFound\): deployments.apps "\S+" not found/);
      await refused('delete namespace default', /namespaces "default" is forbidden: this namespace may not be deleted/);
    });
  }
});
