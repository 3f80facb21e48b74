// The steps of the tutorials that the project started from: a Service follows its pods, clients follow the Service.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tryRun } from '#lib/run.ts';
import { eventually, statusOf, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('dig') ?? whyNoProgram('curl');

describe('Services', { skip }, () => {
  let cluster: TestCluster;
  let dns = '';
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(args, {}, more);
  const manifest = (...objects: object[]) => objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const apply = (...objects: object[]) => cluster.kubectl('apply -f -', { input: manifest(...objects) });
  const value = async (what: string, path: string) => (await kubectl(`get ${what} -o jsonpath={${path}}`)).trim();
  const curl = async (url: string): Promise<string> => {
    const { code, stdout, stderr } = await tryRun('curl', ['-sS', '--max-time', '5', url]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const dig = async (...args: string[]) =>
    (await tryRun('dig', [`@${dns}`, '+time=2', '+tries=2', '+short', ...args])).stdout.trim();
  /** Names of the pods that answer at an address, asked often enough that each of a few is met. */
  const answering = async (address: string, requests = 40): Promise<string[]> => {
    const pods = new Set<string>();
    for (let i = 0; i < requests; i++) pods.add(JSON.parse(await curl(`http://${address}`)).pod);
    return [...pods].sort();
  };
  const podNames = async (selector: string) =>
    (await value(`pods -l ${selector}`, '.items[*].metadata.name')).split(' ').filter(Boolean).sort();
  const deployment = (name: string, replicas: number, labels: Record<string, string>, container: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'echo',
              image: 'host',
              command: ['portolan', 'echo'],
              ports: [{ name: 'web', containerPort: 8080 }],
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
              ...container,
            },
          ],
        },
      },
    },
  });
  const service = (name: string, spec: object) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec });

  before(async () => {
    cluster = await TestCluster.start('e2e-services', ['--nodes', '2', '--node-monitor-grace-period', '4']);
    dns = await value('svc -n kube-system kube-dns', '.spec.clusterIP');
    await apply(
      deployment('web', 3, { app: 'web' }),
      service('web', { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] }),
    );
    await kubectl('rollout status deployment web --timeout=60s');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test('the cluster IP reaches every pod, from the host and from a pod', async () => {
    const address = await value('svc web', '.spec.clusterIP');
    await eventually('all three answer', async () => (await answering(address)).length === 3);
    assert.deepEqual(await answering(address), await podNames('app=web'));
  });

  test('a pod relabelled out of the Service gets no traffic, relabelled in it does', async () => {
    const address = await value('svc web', '.spec.clusterIP');
    const [out = ''] = await podNames('app=web');
    await kubectl(`label pod ${out} app=aside --overwrite`);
    await eventually('the relabelled pod is out', async () => !(await answering(address, 20)).includes(out));
    await kubectl(`delete pod ${out} --now`);
    await eventually('a new pod took its place', async () => (await answering(address)).length === 3);
    await kubectl('run extra --image=host --labels=app=none -- portolan echo --port 8080');
    await kubectl('patch svc web -p', '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}');
    await kubectl('wait --for=condition=Ready pod/extra --timeout=60s');
    assert.equal((await answering(address)).includes('extra'), false);
    await kubectl('label pod extra app=web --overwrite');
    await eventually('the relabelled pod answers', async () => (await answering(address)).includes('extra'));
    await kubectl('delete pod extra --now --ignore-not-found');
  });

  test('deleted pods are replaced with new addresses while the cluster IP stays', async () => {
    const address = await value('svc web', '.spec.clusterIP');
    const before = (await value('pods -l app=web', '.items[*].status.podIP')).split(' ');
    await kubectl('delete pods -l app=web --now');
    await kubectl('rollout status deployment web --timeout=60s');
    await eventually('only new pods answer', async () => (await answering(address)).length === 3);
    const now = (await value('pods -l app=web', '.items[*].status.podIP')).split(' ');
    assert.equal(
      now.some((ip) => before.includes(ip)),
      false,
    );
    assert.equal(await value('svc web', '.spec.clusterIP'), address);
  });

  test('environment variables: a pod knows the Services that were there before it', async () => {
    await kubectl('run early --image=host --restart=Never -- sleep 3600');
    await kubectl('wait --for=condition=Ready pod/early --timeout=60s');
    await apply(service('redis-primary', { selector: { app: 'web' }, ports: [{ port: 6379 }] }));
    const address = await value('svc redis-primary', '.spec.clusterIP');
    await kubectl('run late --image=host --restart=Never -- sleep 3600');
    await kubectl('wait --for=condition=Ready pod/late --timeout=60s');
    assert.doesNotMatch(await kubectl('exec early -- printenv'), /REDIS_PRIMARY/);
    const env = (await kubectl('exec late -- printenv')).split('\n').filter((line) => line.startsWith('REDIS_PRIMARY'));
    assert.deepEqual(env.sort(), [
      `REDIS_PRIMARY_PORT=tcp://${address}:6379`,
      `REDIS_PRIMARY_PORT_6379_TCP=tcp://${address}:6379`,
      `REDIS_PRIMARY_PORT_6379_TCP_ADDR=${address}`,
      'REDIS_PRIMARY_PORT_6379_TCP_PORT=6379',
      'REDIS_PRIMARY_PORT_6379_TCP_PROTO=tcp',
      `REDIS_PRIMARY_SERVICE_HOST=${address}`,
      'REDIS_PRIMARY_SERVICE_PORT=6379',
    ]);
    await kubectl('delete pod early late --now');
  });

  test('a node port answers on every node', async () => {
    await apply(
      service('web-np', { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
    );
    const port = await value('svc web-np', '.spec.ports[0].nodePort');
    const nodes = (await value('nodes', '.items[*].status.addresses[?(@.type=="InternalIP")].address')).split(' ');
    assert.equal(nodes.length, 2);
    for (const node of nodes)
      await eventually(
        `${node}:${port} reaches every pod`,
        async () => (await answering(`${node}:${port}`)).length === 3,
      );
  });

  test('UDP', async () => {
    await apply(
      deployment(
        'udp',
        2,
        { app: 'udp' },
        {
          command: ['portolan', 'echo', '--protocol', 'udp'],
          ports: [{ containerPort: 8080, protocol: 'UDP' }],
          readinessProbe: { exec: { command: ['true'] } },
        },
      ),
      service('udp', { selector: { app: 'udp' }, ports: [{ port: 90, targetPort: 8080, protocol: 'UDP' }] }),
    );
    await kubectl('rollout status deployment udp --timeout=60s');
    await kubectl('run udp-client --image=host --restart=Never -- sleep 3600');
    await kubectl('wait --for=condition=Ready pod/udp-client --timeout=60s');
    const ask = 'exec 3<>/dev/udp/udp/90; echo hello >&3; timeout 2 head -n1 <&3';
    await eventually('an answer by UDP', async () =>
      /"received":"hello"/.test(await kubectl('exec udp-client --', 'bash', '-c', ask)),
    );
    await kubectl('delete deployment udp');
    await kubectl('delete pod udp-client --now');
  });

  test('without endpoints a connection is refused at once, not left to time out', async () => {
    await apply(service('nobody', { selector: { app: 'nobody' }, ports: [{ port: 80 }] }));
    const address = await value('svc nobody', '.spec.clusterIP');
    await eventually(
      'refused',
      async () => (await tryRun('curl', ['-sS', '--max-time', '2', `http://${address}`])).code === 7,
    );
  });

  test('a pod reaches itself through its own Service', async () => {
    await apply(
      deployment('self', 1, { app: 'self' }),
      service('self', { selector: { app: 'self' }, ports: [{ port: 80, targetPort: 8080 }] }),
    );
    await kubectl('rollout status deployment self --timeout=60s');
    const [pod = ''] = await podNames('app=self');
    await eventually(
      'the hairpin works',
      async () => JSON.parse(await kubectl(`exec ${pod} -- curl -s --max-time 5 http://self`)).pod === pod,
    );
    await kubectl('delete deployment,svc self');
  });

  test('a crashed container restarts', async () => {
    await kubectl('run crasher --image=host --', 'sh', '-c', 'sleep 1; exit 3');
    await eventually(
      'it was restarted',
      async () => Number(await value('pod crasher', '.status.containerStatuses[0].restartCount')) >= 1,
    );
    assert.equal(await value('pod crasher', '.status.containerStatuses[0].lastState.terminated.exitCode'), '3');
    await kubectl('delete pod crasher --now');
  });

  test('a killed DNS process is replaced', async () => {
    const process =
      (await tryRun('pgrep', ['-f', `cli/main\\.\\w+ dns .*/run/portolan/${cluster.name}/`])).stdout
        .trim()
        .split('\n')[0] ?? '';
    await tryRun('kill', ['-9', process]);
    const address = await value('svc web', '.spec.clusterIP');
    await eventually(
      'DNS answers again',
      async () => (await dig('web.default.svc.cluster.local', 'A')) === address,
      15_000,
    );
  });

  test('when a node dies its endpoints leave, and the others go on answering', async () => {
    const address = await value('svc web', '.spec.clusterIP');
    await kubectl('scale deployment web --replicas=6');
    await kubectl('rollout status deployment web --timeout=60s');
    const onNode = async (node: string) =>
      (await value(`pods -l app=web --field-selector=spec.nodeName=${node}`, '.items[*].status.podIP'))
        .split(' ')
        .filter(Boolean);
    const dead = await onNode('node-1');
    assert.ok(dead.length > 0);
    await tryRun('ip', ['netns', 'delete', `ptl.${cluster.name}.node-1`]);
    await eventually('the host reaches cluster IPs through the other node before the cluster knows', async () =>
      /via 10\.254\.0\.12/.test((await tryRun('ip', ['route', 'show', '10.96.0.0/12'])).stdout),
    );
    await eventually('the node is NotReady', async () => /node-1 +NotReady/.test(await kubectl('get nodes')));
    await eventually('its endpoints left', async () => {
      const slices = JSON.parse(await kubectl('get endpointslices -l kubernetes.io/service-name=web -o json'))
        .items as { endpoints: { addresses: string[]; conditions: { ready: boolean } }[] }[];
      const ready = slices
        .flatMap(({ endpoints }) => endpoints)
        .filter(({ conditions }) => conditions.ready)
        .flatMap(({ addresses }) => addresses);
      return ready.length > 0 && !ready.some((ip) => dead.includes(ip));
    });
    await eventually(
      'the cluster IP answers through the other node',
      async () => (await answering(address, 20)).length > 0,
    );
    assert.match(await statusOf(cluster.name), /1 of 2 nodes ready/);
  });
});
