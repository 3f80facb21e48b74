// What stays of a cluster when it ends, by intent or not, and what the next `up` makes of it.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  type ConfigMap,
  configMaps,
  deployments,
  ignoreNotFound,
  isNodeReady,
  nodes,
  pods,
  type Service,
  services,
} from '#api/index.ts';
import { isPodReady } from '#api/pod-conditions.ts';
import { Client, connect, Informer } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { tryRun } from '#lib/run.ts';
import { eventually, portolan, statusOf, TestCluster, traces, whyNoCluster, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoProgram('curl') ?? whyNoProgram('nslookup');
const dataDirOf = (name: string) => join(process.env.PORTOLAN_DATA_DIR ?? '', name);
const up = (name: string, ...args: string[]) => portolan(['up', '--detach', '--name', name, '--nodes', '1', ...args]);
const down = (name: string, ...args: string[]) => portolan(['down', '--name', name, ...args]);
const clientOf = async (kubeconfig: string) => new Client(await connect(await readFile(kubeconfig, 'utf8')));
const configMap = (name: string): ConfigMap => ({ metadata: { name, namespace: 'default' }, data: { of: name } });

const echo = {
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'echo', image: 'host', command: ['portolan', 'echo'] }] },
    },
  },
};

/** The process that holds the API server and the store. */
async function serverOf(name: string): Promise<number> {
  const { stdout } = await tryRun('ps', ['-eo', 'pid,args']);
  const line = stdout.split('\n').find((each) => each.includes('cluster/server') && each.endsWith(` ${name}`));
  return Number(line?.trim().split(' ')[0] ?? assert.fail(`no server process of ${name}`));
}

async function answers(service: Service): Promise<{ pod: string }> {
  const { code, stdout, stderr } = await tryRun('curl', ['-sS', '--max-time', '2', `http://${service.spec.clusterIP}`]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe('a cluster that is stopped and started again', { skip }, () => {
  const name = 'e2e-again';
  let before: Record<string, string[]>;
  let folder: string;
  let kubeconfig: string;
  let web: Service;
  after(async () => {
    await down(name, '--delete-data');
    await rm(folder, { recursive: true });
    assert.deepEqual(await traces(name, 'e2e-other'), before);
  });

  test('has its objects as they were; pods run again and answer through their Service', async () => {
    before = await traces(name, 'e2e-other');
    folder = await mkdtemp(join(tmpdir(), 'portolan-e2e-again-'));
    assert.equal((await up(name, '--nodes', '2')).code, 0);
    // A copy, as people make them.
    kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, readFileSync(`/run/portolan/${name}/kubeconfig`));
    let client = await clientOf(kubeconfig);
    await client.resource(deployments).create(echo);
    web = await client.resource(services).create({
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const kept = await client.resource(configMaps).create(configMap('kept'));
    await client.resource(pods).create({
      metadata: { name: 'once', namespace: 'default' },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'host', command: ['sleep', '600'] }] },
    });
    // Nobody's machine: it must not keep the cluster from starting again.
    await client.resource(nodes).create({ metadata: { name: 'stranger' }, spec: {} });
    const ready = async () => (await client.resource(pods).list()).items.filter(isPodReady);
    await eventually('the pods are ready', async () => (await ready()).length === 3);
    const earlier = (await ready()).map(({ metadata }) => metadata.uid).sort();
    assert.match((await down(name)).stdout, /^The cluster e2e-again is down\.\nThe objects .* stay in .*\/e2e-again:/);
    assert.match(
      await statusOf(name),
      /^e2e-again\n {2}stopped\n {2}storage {5}\d+\.\d MB in .*`portolan up --name e2e-again` continues it/,
    );
    assert.match((await portolan(['kubeconfig', '--name', name])).stderr, /its data are in .*Continue it with/);

    const again = await portolan(['up', '--detach', '--name', name]);
    assert.match(again.stdout, /^Continuing the cluster e2e-again of \d{4}-\d\d-\d\d .* 2 nodes ready/s);
    client = await clientOf(kubeconfig);
    await client.resource(nodes).delete('stranger');
    assert.deepEqual(await client.resource(configMaps).get('kept', 'default'), kept);
    assert.deepEqual(await client.resource(services).get('web', 'default'), web);
    await eventually('pods are ready again', async () => (await ready()).length === 2);
    const now = await ready();
    assert.ok(now.every(({ status }) => status?.containerStatuses?.[0]?.restartCount === 1));
    const once = await client.resource(pods).get('once', 'default');
    assert.equal(once.status?.phase, 'Failed');
    assert.deepEqual([...now, once].map(({ metadata }) => metadata.uid).sort(), earlier);
    const { pod } = await eventually('they answer', () => answers(web));
    assert.ok(now.some(({ metadata }) => metadata.name === pod));
    const next = await client.resource(configMaps).create(configMap('next'));
    assert.ok(Number(next.metadata.resourceVersion) > Number(kept.metadata.resourceVersion));
    const dns = await client.resource(services).get('kube-dns', 'kube-system');
    await eventually('the cluster DNS has it', async () => {
      const { stdout } = await tryRun('nslookup', ['web.default.svc.cluster.local', dns.spec.clusterIP ?? '']);
      return stdout.includes(web.spec.clusterIP ?? '?');
    });
  });

  test('with fewer nodes loses the others, and their pods go elsewhere; with more it has them again', async () => {
    await down(name);
    assert.equal((await up(name, '--nodes', '1')).code, 0);
    const client = await clientOf(kubeconfig);
    const names = async () =>
      (await client.resource(nodes).list()).items.filter(isNodeReady).map((n) => n.metadata.name);
    assert.deepEqual(await names(), ['node-1']);
    await eventually('two pods on the node that is there', async () => {
      const { items } = await client.resource(pods).list({ labelSelector: 'app=web' });
      return items.length === 2 && items.every((pod) => pod.spec.nodeName === 'node-1' && isPodReady(pod));
    });
    await down(name);
    assert.equal((await up(name, '--nodes', '2')).code, 0);
    assert.deepEqual(await names(), ['node-1', 'node-2']);
  });

  test('says who has its addresses when they are taken, and starts when they are free', async () => {
    await down(name);
    const route = ['route', 'add', `${web.spec.clusterIP}/32`, 'dev', 'lo'];
    await tryRun('ip', route);
    const taken = await up(name);
    await tryRun('ip', ['route', 'del', `${web.spec.clusterIP}/32`]);
    assert.equal(taken.code, 1);
    assert.match(
      taken.stderr,
      /^Cannot continue the cluster e2e-again: its Services and pods have addresses in \S+ and \S+, which this machine uses now \(the route to \S+ through lo\)\. Take that away, or start over .*--fresh`\.\n$/,
    );
    // One that knows nothing of ours takes the same addresses.
    const env = { ...process.env, PORTOLAN_DATA_DIR: folder };
    assert.equal((await portolan(['up', '--detach', '--name', 'e2e-other', '--nodes', '1'], { env })).code, 0);
    const { stderr } = await up(name);
    assert.match(stderr, /which the cluster e2e-other uses now\. Stop that with `portolan down --name e2e-other`, or/);
    await portolan(['down', '--name', 'e2e-other'], { env });
    assert.equal((await up(name)).code, 0);
    assert.deepEqual(await (await clientOf(kubeconfig)).resource(services).get('web', 'default'), web);
  });

  test('is left alone by one in memory, which starts empty, and forgotten by --fresh', async () => {
    await down(name);
    const stored = readFileSync(join(dataDirOf(name), 'cluster.json'), 'utf8');
    const found = async () => {
      const client = await clientOf(`/run/portolan/${name}/kubeconfig`);
      return await client.resource(configMaps).get('kept', 'default').catch(ignoreNotFound);
    };
    assert.equal((await up(name, '--storage', 'memory')).code, 0);
    assert.match(await statusOf(name), /storage {5}memory, ends with this run/);
    assert.equal(await found(), undefined);
    await down(name);
    assert.equal(readFileSync(join(dataDirOf(name), 'cluster.json'), 'utf8'), stored);
    const { stdout } = await up(name, '--fresh');
    assert.doesNotMatch(stdout, /Continuing/);
    assert.equal(await found(), undefined);
  });

  test('down --delete-data forgets it, running or not, and then there is none', async () => {
    assert.match((await down(name, '--delete-data')).stdout, /is down\.\nDeleted the data of the cluster e2e-again \(/);
    assert.match((await down(name, '--delete-data')).stderr, /^No cluster named e2e-again is running\./);
    assert.equal((await up(name)).code, 0);
    await down(name);
    assert.match((await down(name)).stdout, /does not run\.\nThe objects/);
    // In a folder of its own, to see that nothing is left in it.
    const env = { ...process.env, PORTOLAN_RUN_DIR: join(folder, 'run') };
    const { stdout } = await portolan(['down', '--name', name, '--delete-data'], { env });
    assert.match(stdout, /^Deleted the data of the cluster e2e-again \(/);
    assert.equal(existsSync(join(folder, 'run')), false);
  });
});

test('kill -9 of the server under writes: it is started again, no acknowledged write is lost, watchers go on', {
  skip,
}, async () => {
  await using cluster = await TestCluster.start('e2e-kill9', ['--nodes', '1']);
  const client = await clientOf(cluster.kubeconfig);
  await client.resource(deployments).create({ ...echo, spec: { ...echo.spec, replicas: 1 } });
  const web = await client.resource(services).create({
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await eventually('the Service answers', () => answers(web));

  const acknowledged = new Map<string, string>();
  const maps = client.resource(configMaps);
  // A client that watches all the while.
  const stop = new AbortController();
  after(() => stop.abort());
  const informer = new Informer(maps, { namespace: 'default', log: createLogger('test', 'error') });
  informer.start(stop.signal);
  let writing = true;
  const write = async (writer: number) => {
    for (let i = 0; writing; i++) {
      const name = `w${writer}-${i}`;
      const written = await maps.create(configMap(name)).catch(() => undefined);
      if (written) acknowledged.set(name, written.metadata.resourceVersion ?? '');
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
  for (const round of [1, 2]) {
    const goal = acknowledged.size + 100;
    await eventually(`round ${round}: writes are answered`, async () => acknowledged.size >= goal);
    process.kill(await serverOf(cluster.name), 'SIGKILL');
    await eventually('another server process', async () => (await serverOf(cluster.name).catch(() => 0)) > 0);
  }
  const goal = acknowledged.size + 100;
  await eventually('writes are answered again', async () => acknowledged.size >= goal);
  writing = false;
  await Promise.all(writers);

  const { items } = await maps.list({ namespace: 'default' });
  const stored = new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  const lost = [...acknowledged].filter(([name, version]) => stored.get(name) !== version);
  assert.deepEqual(lost, [], `of ${acknowledged.size}`);
  const watched = () => informer.list().map(({ metadata }) => metadata.resourceVersion);
  await eventually(
    'the watcher has them all',
    async () => watched().sort().join() === [...stored.values()].sort().join(),
  );
  await eventually('the pod runs again and answers', () => answers(web));
  const log = readFileSync(`/run/portolan/${cluster.name}/log/supervisor.log`, 'utf8');
  assert.match(log, /The server process ended \(ended by SIGKILL\)\. It is started again\./);
});

test('with its store in memory a cluster ends with its server', { skip }, async () => {
  const before = await traces('e2e-memory');
  await up('e2e-memory', '--storage', 'memory');
  process.kill(await serverOf('e2e-memory'), 'SIGKILL');
  await eventually('it is gone', async () => (await statusOf('e2e-memory')) === '');
  assert.deepEqual(await traces('e2e-memory'), before);
});

describe('data that cannot be used', { skip }, () => {
  const name = 'e2e-data';
  const store = join(dataDirOf(name), 'data', 'data.mdb');
  after(() => down(name, '--delete-data'));

  test('are refused in words, and are not changed', async () => {
    assert.equal((await up(name)).code, 0);
    await down(name);
    const good = readFileSync(store);
    const broken = (bytes: Buffer) => () => writeFileSync(store, bytes);
    const garbage = Buffer.alloc(good.length, 'garbage ');
    const cases = [
      {
        name: 'the store is gone',
        spoil: () => rmSync(store),
        want: /the store in .* is empty, and it was not when the cluster ran/,
      },
      {
        name: 'the store is garbage',
        spoil: broken(garbage),
        want: /^(The server process ended while starting.* seem to be damaged|Cannot continue the cluster)/,
      },
      {
        name: 'the store was cut off',
        spoil: () => truncateSync(store, 20_000),
        want: /seem to be damaged|Cannot continue the cluster/,
      },
    ];
    for (const { name: what, spoil, want } of cases) {
      spoil();
      const { code, stderr } = await up(name);
      assert.equal(code, 1, what);
      assert.match(stderr, want, what);
      assert.match(stderr, /from a backup, or forget (it|them) with `portolan up --name e2e-data --fresh`/, what);
      writeFileSync(store, good);
    }
    assert.equal((await up(name)).code, 0, 'from the backup');
    await down(name);
  });

  test('no room for them: writes are refused, reads answered, nothing is lost, and room helps', async () => {
    const folder = join(process.env.PORTOLAN_DATA_DIR ?? '', '.full');
    mkdirSync(folder);
    const env = { ...process.env, PORTOLAN_DATA_DIR: folder };
    await tryRun('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'full', folder]);
    try {
      const started = await portolan(['up', '--detach', '--name', 'e2e-full', '--nodes', '1'], { env });
      assert.equal(started.code, 0, started.stderr);
      const client = await clientOf('/run/portolan/e2e-full/kubeconfig');
      const maps = client.resource(configMaps);
      const big = (name: string) => ({ ...configMap(name), data: { big: 'x'.repeat(40_000) } });
      const written: string[] = [];
      const full = async () => {
        for (;;) {
          const name = `big-${written.length}`;
          await maps.create(big(name));
          written.push(name);
        }
      };
      await assert.rejects(full, /Cannot write to the store in .*\/e2e-full\/data: .*Is there room on its disk\?/);
      const { items } = await maps.list({ namespace: 'default' });
      const found = items.map(({ metadata }) => metadata.name ?? '').filter((name) => name.startsWith('big-'));
      assert.deepEqual(found.sort(), written.sort());
      await tryRun('mount', ['-o', 'remount,size=4m', folder]);
      await eventually('a write is answered', () => maps.create(big('later')));
    } finally {
      await portolan(['down', '--name', 'e2e-full', '--delete-data'], { env });
      await tryRun('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });
});
