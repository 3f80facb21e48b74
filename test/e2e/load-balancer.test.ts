// Services of type LoadBalancer, as a client sees them that has nothing to do with the cluster: a machine beside the nodes.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { run, tryRun } from '#lib/run.ts';
import { eventually, portolan, TestCluster, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('curl');

interface Answer {
  readonly pod: string;
  readonly node: string;
  /** `address:port`, as the pod saw it. */
  readonly request: { readonly client: string };
}

describe('load balancers: a pool of addresses', { skip }, () => {
  const name = 'e2e-lb';
  const client = `ptl.${name}.client`;
  let cluster: TestCluster;
  /** The first three octets of the network of the nodes. */
  let network = '';
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(args, {}, more);
  const value = async (what: string, path: string) => (await kubectl(`get ${what} -o jsonpath={${path}}`)).trim();
  const apply = (...objects: object[]) =>
    cluster.kubectl('apply -f -', { input: objects.map((one) => JSON.stringify(one)).join('\n---\n') });
  const service = (service: string, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });
  const address = (service: string): Promise<string> =>
    eventually(`${service} has an address`, () => value(`svc ${service}`, '.status.loadBalancer.ingress[0].ip'));
  /** From a network namespace; without one, from this machine, which is the host. */
  const curl = async (from: string | undefined, url: string, seconds = 2): Promise<Answer | undefined> => {
    const command = ['curl', '-sS', '--max-time', `${seconds}`, url];
    const [file = '', ...args] = from ? ['ip', 'netns', 'exec', from, ...command] : command;
    const { code, stdout } = await tryRun(file, args);
    return code === 0 ? JSON.parse(stdout) : undefined;
  };
  const told = (service: string, event: RegExp) =>
    eventually(`an event of ${service} says ${event}`, async () =>
      event.test(await kubectl(`describe svc ${service}`)),
    );
  /** The node that has announced the Service last. */
  const announcer = async (service: string): Promise<string> => {
    const query = `get events --field-selector involvedObject.name=${service},reason=nodeAssigned`;
    const events = JSON.parse(await kubectl(`${query} -o json`)).items as { message: string; lastTimestamp: string }[];
    const last = events.sort((a, b) => (a.lastTimestamp < b.lastTimestamp ? -1 : 1)).at(-1);
    return /"(.*)"/.exec(last?.message ?? '')?.[1] ?? '';
  };
  const pod = (name: string, node: string, app = 'web') => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'echo', image: 'host', command: ['portolan', 'echo', '--port', '8080'] }],
    },
  });

  before(async () => {
    cluster = await TestCluster.start(name, [
      ...['--nodes', '2', '--ip-family', 'dual'],
      ...['--load-balancer-pool', '192.0.2.0/29,2001:db8:9::/125'],
    ]);
    const card = JSON.parse(readFileSync(`/run/portolan/${name}/cluster.json`, 'utf8'));
    const [v4, v6] = card.ranges.families;
    network = v4.fabricCIDR.replace(/\.\d+\/\d+$/, '');
    await run('ip', ['netns', 'add', client]);
    const fabric = ['-n', `ptl.${name}.fabric`];
    await run('ip', [...fabric, 'link', 'add', 'client', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', client]);
    await run('ip', [...fabric, 'link', 'set', 'client', 'master', 'fabric', 'up']);
    await run('ip', ['-n', client, 'addr', 'add', `${network}.220/24`, 'dev', 'eth0']);
    const address6 = v6.fabricCIDR.replace('::/', '::dc/');
    await run('ip', ['-n', client, 'addr', 'add', address6, 'dev', 'eth0', 'nodad']);
    await run('ip', ['-n', client, 'link', 'set', 'eth0', 'up']);
    for (const range of ['192.0.2.0/29', '2001:db8:9::/125'])
      await run('ip', ['-n', client, 'route', 'add', range, 'dev', 'eth0']);
    await apply(pod('one', 'node-1'), pod('two', 'node-2'));
    await kubectl('wait --for=condition=Ready pod/one pod/two --timeout=60s');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test('an address that is reached from outside, from the host, from pods and from nodes, as every pod', async () => {
    await apply(service('web'));
    const vip = await address('web');
    assert.equal(vip, '192.0.2.1');
    await kubectl('wait --for=jsonpath={.status.loadBalancer.ingress[0].ip}=192.0.2.1 svc/web --timeout=10s');
    for (const from of [client, undefined, `ptl.${name}.node-1`, `ptl.${name}.node-2`]) {
      await eventually(`both pods answer ${from ?? 'the host'}`, async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => curl(from, `http://${vip}`)));
        return new Set(answers.map((one) => one?.pod)).size === 2 && !answers.includes(undefined);
      });
    }
    assert.match(await kubectl(`exec one -- curl -sS --max-time 5 http://${vip}`), /"pod": "(one|two)"/);
    const described = await kubectl('describe svc web');
    assert.match(described, /LoadBalancer Ingress: +192.0.2.1 \(VIP\)/);
    for (const reason of ['EnsuringLoadBalancer', 'EnsuredLoadBalancer', 'nodeAssigned'])
      assert.match(described, new RegExp(`Normal +${reason} `));
    assert.match(await kubectl('get svc web --no-headers'), /LoadBalancer +\S+ +192.0.2.1 +80:\d+\/TCP/);
  });

  test('one address for each IP family of the Service', async () => {
    await apply(service('dual', { ipFamilyPolicy: 'RequireDualStack' }));
    await address('dual');
    const addresses = (await value('svc dual', '.status.loadBalancer.ingress[*].ip')).split(' ');
    assert.deepEqual(addresses, ['192.0.2.2', '2001:db8:9::1']);
    for (const from of [client, undefined]) {
      for (const url of ['http://192.0.2.2', 'http://[2001:db8:9::1]']) {
        await eventually(`${from ?? 'the host'} is served at ${url}`, () => curl(from, url));
      }
    }
    await kubectl('delete svc dual');
  });

  test('spec.loadBalancerSourceRanges: who is not of them is not heard', async () => {
    await apply(service('ranges', { loadBalancerSourceRanges: [`${network}.220/32`] }));
    const vip = await address('ranges');
    await eventually('the client is served', () => curl(client, `http://${vip}`));
    assert.equal(await curl(undefined, `http://${vip}`, 1), undefined);
    await kubectl('patch svc ranges -p', JSON.stringify({ spec: { loadBalancerSourceRanges: [`${network}.0/24`] } }));
    await eventually('the host is served', () => curl(undefined, `http://${vip}`));
    await kubectl('delete svc ranges');
  });

  test("externalTrafficPolicy Local: pods of the announcing node alone, and they see the client's address", async () => {
    await apply(service('local', { externalTrafficPolicy: 'Local', selector: { only: 'local' } }));
    const vip = await address('local');
    for (const [pod, node] of [
      ['two', 'node-2'],
      ['one', 'node-1'],
    ]) {
      await kubectl(`label pod ${pod} only=local`);
      await eventually(`${node} announces`, async () => (await announcer('local')) === node);
      await eventually(`${pod} answers`, async () => (await curl(client, `http://${vip}`))?.pod === pod);
      const answers = await Promise.all(Array.from({ length: 10 }, () => curl(client, `http://${vip}`)));
      for (const answer of answers) {
        assert.deepEqual([answer?.pod, answer?.request.client.split(':')[0]], [pod, `${network}.220`]);
      }
      await kubectl(`label pod ${pod} only-`);
    }
    await kubectl('delete svc local');
  });

  test('nobody waits without an event that says why: class, address, pool', async () => {
    await apply(service('class', { loadBalancerClass: 'example.com/lb' }));
    await apply(service('outside', { loadBalancerIP: '192.0.2.77' }));
    await told(
      'outside',
      /Warning +SyncLoadBalancerFailed .*192.0.2.77, which is not in the pool 192.0.2.0-192.0.2.7,/,
    );
    const more = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    await apply(...more.map((one) => service(one)));
    await eventually(
      'the pool is used up',
      async () => (await value('svc', '.items[*].status.loadBalancer.ingress[0].ip')).split(' ').length === 7,
    );
    const last = await eventually('one of them waits', async () => {
      const lines = (await kubectl('get svc --no-headers')).split('\n').filter((line) => line.includes('<pending>'));
      const [name, ...others] = lines.map((line) => line.split(' ')[0] ?? '').filter((one) => more.includes(one));
      return others.length === 0 ? name : undefined;
    });
    await told(last, /all IPv4 addresses of the pool 192.0.2.0-192.0.2.7,2001:db8:9::-2001:db8:9::7 are in use/);
    await told('class', /Warning +UnservedLoadBalancerClass .*example.com\/lb/);
    await kubectl(`delete svc class outside ${more.filter((one) => one !== last).join(' ')}`);
    await address(last);
    await kubectl(`delete svc ${last}`);
  });

  test('it goes with the Service', async () => {
    await apply(service('gone'));
    const vip = await address('gone');
    await eventually('it is served', () => curl(client, `http://${vip}`));
    await kubectl('delete svc gone');
    await eventually('nobody answers', async () => (await curl(client, `http://${vip}`, 1)) === undefined);
  });

  // The last: the node does not come back.
  test('when its node dies another answers, long before the cluster has noticed', async () => {
    const dead = await announcer('web');
    const [gone, other] = dead === 'node-1' ? ['one', 'two'] : ['two', 'one'];
    // Pods of a dead node count as ready until the cluster has noticed, which is not what is asked here.
    await kubectl(`delete pod ${gone} --now`);
    const vip = await address('web');
    await eventually(`${other} answers alone`, async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => curl(client, `http://${vip}`)));
      return answers.every((one) => one?.pod === other);
    });
    await run('ip', ['netns', 'del', `ptl.${name}.${dead}`]);
    await eventually('another node answers', () => curl(client, `http://${vip}`, 1), 10_000);
    await eventually('it is told', async () => (await announcer('web')) !== dead);
    assert.match(await kubectl(`get node ${dead} --no-headers`), / Ready /);
  });
});

describe('load balancers: localhost, and none', { skip }, () => {
  const name = 'e2e-localhost';
  let cluster: TestCluster;
  const kubectl = (args: string, ...more: string[]) => cluster.kubectl(args, {}, more);
  const point = async (service: string, point: string) => {
    const path = '.status.loadBalancer.ingress[0].hostname';
    await eventually(`${service} is at ${point || 'no place'}`, async () => {
      return (await kubectl(`get svc ${service} -o jsonpath={${path}}`)).trim() === point;
    });
  };
  const curl = async (url: string): Promise<string> => {
    const { code, stdout, stderr } = await tryRun('curl', ['-sS', '--max-time', '5', url]);
    return code === 0 ? JSON.parse(stdout).pod : stderr;
  };
  const ask = async (host: string, port: number): Promise<{ pod?: string; received?: string }> => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    try {
      socket.send('hello', port, host);
      const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(2000) });
      return JSON.parse(String(answer));
    } finally {
      socket.close();
    }
  };

  before(async () => {
    cluster = await TestCluster.start(name, ['--nodes', '1', '--load-balancer', 'localhost']);
    await kubectl('run web --image=host --labels=app=web -- portolan echo --port 8080');
    await kubectl('run talk --image=host --labels=app=talk -- portolan echo --port 8080 --protocol udp');
    await kubectl('wait --for=condition=Ready pod/web pod/talk --timeout=60s');
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test('ports of TCP and UDP are on 127.0.0.1 and ::1, below 1024 too, for as long as there is the Service', async () => {
    await kubectl('expose pod web --port 80 --target-port 8080 --type LoadBalancer');
    await kubectl('expose pod talk --port 53 --target-port 8080 --protocol UDP --type LoadBalancer');
    await point('web', 'localhost');
    await point('talk', 'localhost');
    assert.match(await kubectl('get svc web --no-headers'), /LoadBalancer +\S+ +localhost +80:/);
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      await eventually(`${host} leads to the pod`, async () => (await curl(`http://${host}`)) === 'web');
    }
    for (const host of ['127.0.0.1', '::1']) {
      await eventually(`${host} leads to the pod`, async () => (await ask(host, 53)).received === 'hello');
    }
    await kubectl('delete svc web talk');
    assert.match(await curl('http://127.0.0.1'), /Connection refused|Couldn't connect/);
  });

  test('a port that a program of the machine has: the Service waits, told by whom, and has it when it is free', async () => {
    const server = createServer().listen(8088, '127.0.0.1');
    await once(server, 'listening');
    try {
      await kubectl('expose pod web --port 8088 --target-port 8080 --type LoadBalancer --name taken');
      const why = new RegExp(`port 8088/TCP of localhost is in use by .* \\(process ${process.pid}\\)`);
      await eventually('it is told', async () => why.test(await kubectl('describe svc taken')));
      await point('taken', '');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await point('taken', 'localhost');
    await eventually('it leads to the pod', async () => (await curl('http://localhost:8088')) === 'web');
  });

  // The last: it is another cluster afterwards.
  test('the same cluster without a load balancer takes the port back, and says that there is none', async () => {
    await portolan(['down', '--name', name]);
    await portolan(['up', '--detach', '--name', name, '--load-balancer', 'none']);
    await point('taken', '');
    await eventually('it is told', async () =>
      /NoLoadBalancer .*--load-balancer none/.test(await kubectl('describe svc taken')),
    );
    assert.match(await curl('http://127.0.0.1:8088'), /Connection refused|Couldn't connect/);
    await kubectl('delete svc taken');
  });
});
