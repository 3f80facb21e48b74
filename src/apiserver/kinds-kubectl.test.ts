// What the real kubectl makes of the kinds: explains each, prints them, creates them in protobuf, scales and describes them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kinds } from '#api/kinds/index.ts';
import { startServer, type TestServer } from './in-process-suite.ts';
import { Kubectl, kubectlVersions, whyNoKubectl } from './kubectl-suite.ts';

const container = { name: 'c', image: 'host' };
const template = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [container] } });
const workload = (kind: string, name: string, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { selector: { matchLabels: { app: name } }, template: template(name), ...rest },
});
const objects = [
  workload('StatefulSet', 'db', { replicas: 3, serviceName: 'db' }),
  workload('DaemonSet', 'log'),
  { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'old' }, spec: { template: template('old') } },
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'fast', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'example.com/disk',
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'v' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      hostPath: { path: '/data' },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' },
  },
];

describe('kubectl and the kinds', { skip: whyNoKubectl }, () => {
  let api: TestServer;
  let real: Kubectl;
  before(async () => {
    api = await startServer();
    real = await Kubectl.connect(api);
  });
  after(async () => {
    await real[Symbol.asyncDispose]();
    await api.server.close();
  });
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await real.run(args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout.trimEnd();
  };
  /** Lines of a table, one space between columns, without what changes with time. */
  const rows = async (...args: string[]) =>
    (await kubectl(...args)).split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | ').replace(/\b\d+s$/, 'AGE'));

  test('every kind is explained, with all of its fields', async () => {
    for (const { resource, group, version, kind } of kinds) {
      const from = ['--api-version', group ? `${group}/${version}` : version];
      const explained = await kubectl('explain', resource, ...from);
      assert.match(explained, new RegExp(`^KIND: +${kind}$`, 'm'), resource);
      assert.match(explained, /^ {2}metadata\t<ObjectMeta>/m, resource);
      assert.doesNotMatch(explained, /<empty>|no description/, resource);
      assert.match(await kubectl('explain', resource, ...from, '--recursive'), /^ {4}ownerReferences\t/m, resource);
    }
  });

  test('applied from a file, printed, and unchanged when applied again', async () => {
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const { stdout, stderr } = await real.run(['apply', '-f', '-'], { input });
    assert.equal(stderr, '');
    assert.match(stdout, /^statefulset.apps\/db created\ndaemonset.apps\/log created\n/);
    const again = await real.run(['apply', '-f', '-'], { input });
    assert.deepEqual(
      again.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ').at(-1)),
      Array(objects.length).fill('unchanged'),
    );
    assert.deepEqual(await rows('get', 'sts,ds,rc'), [
      'NAME | READY | AGE',
      'statefulset.apps/db | 0/3 | AGE',
      '',
      'NAME | DESIRED | CURRENT | READY | UP-TO-DATE | AVAILABLE | NODE SELECTOR | AGE',
      'daemonset.apps/log | 0 | 0 | 0 | 0 | 0 | <none> | AGE',
      '',
      'NAME | DESIRED | CURRENT | READY | AGE',
      'replicationcontroller/old | 1 | 0 | 0 | AGE',
    ]);
    assert.deepEqual(await rows('get', 'sc,pv,pvc'), [
      'NAME | PROVISIONER | RECLAIMPOLICY | VOLUMEBINDINGMODE | ALLOWVOLUMEEXPANSION | AGE',
      'storageclass.storage.k8s.io/fast (default) | example.com/disk | Delete | Immediate | false | AGE',
      '',
      'NAME | CAPACITY | ACCESS MODES | RECLAIM POLICY | STATUS | CLAIM | STORAGECLASS | VOLUMEATTRIBUTESCLASS | REASON | AGE',
      'persistentvolume/v | 1Gi | RWO | Retain | Pending | fast | <unset> | AGE',
      '',
      'NAME | STATUS | VOLUME | CAPACITY | ACCESS MODES | STORAGECLASS | VOLUMEATTRIBUTESCLASS | AGE',
      'persistentvolumeclaim/data | Pending | fast | <unset> | AGE',
    ]);
  });

  for (const [version, path] of kubectlVersions()) {
    test(`jobs of kubectl ${version}, in protobuf where it sends that`, async () => {
      const name = `j${version.replace('.', '')}`;
      const run = async (...args: string[]) => {
        const { code, stdout, stderr } = await real.run(args, { path });
        assert.equal(code, 0, stderr);
        return stdout.trim();
      };
      assert.equal(await run('create', 'job', name, '--image=host', '--', 'echo', 'a'), `job.batch/${name} created`);
      const cron = ['create', 'cronjob', name, '--image=host', '--schedule=*/5 * * * *'];
      assert.equal(await run(...cron), `cronjob.batch/${name} created`);
      assert.equal(
        await run('create', 'job', `${name}-now`, `--from=cronjob/${name}`),
        `job.batch/${name}-now created`,
      );
      const job = JSON.parse(await run('get', 'job', name, '-o', 'json'));
      assert.deepEqual(job.spec.template.spec.containers[0].command, ['echo', 'a']);
      assert.deepEqual(job.spec.selector.matchLabels, { 'batch.kubernetes.io/controller-uid': job.metadata.uid });
      assert.deepEqual(job.spec.template.metadata.labels['job-name'], name);
      assert.match(await run('get', 'cronjob', name), new RegExp(`${name} +\\*/5 \\* \\* \\* \\*`));
      assert.match(await run('describe', 'job', name), /^Pods Statuses: +0 Active/m);
      assert.match(await run('get', 'all'), new RegExp(`^job.batch/${name} `, 'm'));
      assert.match(await run('scale', 'sts', 'db', '--replicas=2'), /^statefulset.apps\/db scaled$/);
      assert.equal(
        await run('delete', 'job', name, `${name}-now`),
        `job.batch "${name}" deleted\njob.batch "${name}-now" deleted`,
      );
    });
  }

  test('scaled, described, edited, refused', async () => {
    assert.equal(await kubectl('scale', 'rc', 'old', '--replicas=4'), 'replicationcontroller/old scaled');
    assert.equal(await kubectl('get', 'rc', 'old', '-o', 'jsonpath={.spec.replicas}'), '4');
    for (const what of ['sts/db', 'ds/log', 'rc/old', 'sc/fast', 'pv/v', 'pvc/data', 'cronjob']) {
      assert.match(await kubectl('describe', what), /^Name: /, what);
    }
    const patch = ['patch', 'sts', 'db', '-p', '{"spec":{"serviceName":"other"}}'];
    const { code, stderr } = await real.run(patch);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^The StatefulSet "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other/,
    );
    assert.equal(await kubectl('set', 'image', 'ds/log', 'c=other'), 'daemonset.apps/log image updated');
    const generation = 'jsonpath={.metadata.annotations.deprecated\\.daemonset\\.template\\.generation}';
    assert.equal(await kubectl('get', 'ds', 'log', '-o', generation), '2');
  });
});
