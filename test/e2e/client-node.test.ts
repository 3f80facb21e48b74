// The first hour with Kubernetes once more, through the official JavaScript client: what a program does where a person
// uses kubectl. Runs also where there is no kubectl.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import {
  AppsV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  Exec,
  KubeConfig,
  Log,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { eventually, TestCluster, whyNoCluster } from './harness.ts';

describe('@kubernetes/client-node', { skip: whyNoCluster() }, () => {
  let cluster: TestCluster;
  let config: KubeConfig;
  let core: CoreV1Api;
  let apps: AppsV1Api;
  const namespace = 'default';

  before(async () => {
    cluster = await TestCluster.start('e2e-js');
    config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
    apps = config.makeApiClient(AppsV1Api);
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const ready = async (name: string, replicas: number) =>
    eventually(`${name} has ${replicas} ready pods`, async () => {
      const { status, metadata } = await apps.readNamespacedDeployment({ name, namespace });
      return status?.observedGeneration === metadata?.generation && status?.readyReplicas === replicas;
    });
  const podReady = (name: string) =>
    eventually(`pod ${name} is ready`, async () => {
      const { status } = await core.readNamespacedPod({ name, namespace });
      return status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    });

  async function exec(
    pod: string,
    command: string[],
    stdin?: string,
  ): Promise<{ stdout: string; stderr: string; status: V1Status }> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const text = { stdout: '', stderr: '' };
    out.on('data', (chunk) => {
      text.stdout += chunk;
    });
    err.on('data', (chunk) => {
      text.stderr += chunk;
    });
    let input: PassThrough | null = null;
    if (stdin !== undefined) {
      input = new PassThrough();
      input.end(stdin);
    }
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec(namespace, pod, '', command, out, err, input, false, resolve).catch(reject);
    });
    return { ...text, status };
  }

  test('nodes', async () => {
    const { items } = await core.listNode();
    assert.deepEqual(
      items.map(({ metadata }) => metadata?.name),
      ['node-1', 'node-2'],
    );
  });

  test('a Deployment, its Service, endpoints and pods', async () => {
    const labels = { app: 'web' };
    await apps.createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'web' },
        spec: {
          replicas: 3,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'echo', image: 'host', command: ['portolan', 'echo'] }] },
          },
        },
      },
    });
    const service = await core.createNamespacedService({
      namespace,
      body: { metadata: { name: 'web' }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } },
    });
    assert.match(service.spec?.clusterIP ?? '', /^10\./);
    const nodePort = await core.createNamespacedService({
      namespace,
      body: {
        metadata: { name: 'web-np' },
        spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    });
    assert.ok((nodePort.spec?.ports?.[0]?.nodePort ?? 0) >= 30000);
    await ready('web', 3);
    const slices = config.makeApiClient(DiscoveryV1Api);
    await eventually('three endpoints', async () => {
      const { items } = await slices.listNamespacedEndpointSlice({
        namespace,
        labelSelector: 'kubernetes.io/service-name=web',
      });
      return items.flatMap(({ endpoints }) => endpoints ?? []).length === 3;
    });
    const pods = await core.listNamespacedPod({
      namespace,
      labelSelector: 'app=web',
      fieldSelector: 'status.phase=Running',
    });
    assert.equal(pods.items.length, 3);
    for (const address of [service.spec?.clusterIP, `10.254.0.11:${nodePort.spec?.ports?.[0]?.nodePort}`]) {
      const answer = (await eventually(`${address} answers`, async () =>
        (await fetch(`http://${address}/`)).json(),
      )) as { pod: string };
      assert.ok(pods.items.some(({ metadata }) => metadata?.name === answer.pod));
    }
  });

  test('watch shows pods come as the Deployment is scaled', async () => {
    const seen = new Map<string, string>();
    const { metadata } = await core.listNamespacedPod({ namespace });
    const watching = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      { labelSelector: 'app=web', resourceVersion: metadata?.resourceVersion },
      (type, pod: V1Pod) => seen.set(pod.metadata?.name ?? '', `${type} ${pod.status?.phase}`),
      () => {},
    );
    await apps.patchNamespacedDeploymentScale(
      { name: 'web', namespace, body: { spec: { replicas: 5 } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    await ready('web', 5);
    await eventually(
      'the watch showed two new pods run',
      async () => [...seen.values()].filter((state) => state === 'MODIFIED Running').length >= 2,
    );
    watching.abort();
  });

  test('a pod: exec, exit codes, standard input, logs, deletion', async () => {
    const container = { name: 'tmp', image: 'host', command: ['sh', '-c', 'echo started; exec sleep 3600'] };
    await core.createNamespacedPod({
      namespace,
      body: { metadata: { name: 'tmp' }, spec: { restartPolicy: 'Never', containers: [container] } },
    });
    await podReady('tmp');
    assert.match((await exec('tmp', ['printenv'])).stdout, /^WEB_SERVICE_PORT=80$/m);
    assert.match((await exec('tmp', ['curl', '-s', '--max-time', '10', 'http://web'])).stdout, /"pod": "web-/);
    assert.match((await exec('tmp', ['cat', '/etc/resolv.conf'])).stdout, /^search default\.svc\.cluster\.local /m);
    assert.match((await exec('tmp', ['getent', 'hosts', 'web.default.svc.cluster.local'])).stdout, /^10\./);
    assert.equal((await exec('tmp', ['tr', 'a-z', 'A-Z'], 'shout\n')).stdout, 'SHOUT\n');
    const { status, stderr } = await exec('tmp', ['sh', '-c', 'echo oops >&2; exit 5']);
    assert.deepEqual([status.reason, status.details?.causes?.[0]?.message, stderr], ['NonZeroExitCode', '5', 'oops\n']);
    const log = new PassThrough();
    let text = '';
    log.on('data', (chunk) => {
      text += chunk;
    });
    await new Log(config).log(namespace, 'tmp', 'tmp', log);
    await eventually('the log is there', async () => text === 'started\n');
    await core.deleteNamespacedPod({ name: 'tmp', namespace, gracePeriodSeconds: 1 });
    await eventually('the pod is gone', async () =>
      core.readNamespacedPod({ name: 'tmp', namespace }).then(
        () => false,
        (error) => error.code === 404,
      ),
    );
  });

  test('patches, conflicts and refusals', async () => {
    const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
    const patched = await core.patchNamespacedService(
      { name: 'web', namespace, body: { metadata: { labels: { tier: 'front' } } } },
      strategic,
    );
    assert.equal(patched.metadata?.labels?.tier, 'front');
    const stale = { ...patched, metadata: { ...patched.metadata, resourceVersion: '1' } };
    await assert.rejects(core.replaceNamespacedService({ name: 'web', namespace, body: stale }), { code: 409 });
    const invalid = { metadata: { name: '1Abc' }, spec: { ports: [{ port: 80 }] } };
    await assert.rejects(
      core.createNamespacedService({ namespace, body: invalid }),
      (error: { code: number; body: string }) => {
        assert.equal(error.code, 422);
        assert.match(JSON.parse(error.body).message, /RFC 1123 label/);
        return true;
      },
    );
  });

  test('a namespace and all that is in it', async () => {
    await core.createNamespace({ body: { metadata: { name: 'other' } } });
    await core.createNamespacedConfigMap({
      namespace: 'other',
      body: { metadata: { name: 'inner' }, data: { a: 'b' } },
    });
    await core.deleteNamespace({ name: 'other' });
    await eventually('it is gone', async () =>
      core.readNamespace({ name: 'other' }).then(
        () => false,
        (error) => error.code === 404,
      ),
    );
  });

  test('no credential is 401 or 403', async () => {
    const anonymous = new KubeConfig();
    const { server = '', caData } = config.getCurrentCluster() ?? {};
    anonymous.loadFromOptions({
      clusters: [{ name: 'c', server, caData }],
      users: [{ name: 'u' }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
    await assert.rejects(anonymous.makeApiClient(CoreV1Api).listNode(), { code: 403 });
    anonymous.users[0] = { name: 'u', token: 'wrong' };
    await assert.rejects(anonymous.makeApiClient(CoreV1Api).listNode(), { code: 401 });
  });
});
