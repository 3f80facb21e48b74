// Load balancers of parts that run by themselves: an API server, the controller, and on each of two machines a service proxy
// and an announcer. The client is a third machine on their network. Network 10.199.8.0/24 and fd00:199:8::/64.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, nodes, services } from '#api/index.ts';
import { Client, connect } from '#client/index.ts';
import { run, tryRun } from '#lib/run.ts';
import { attachNode, createFabric, createNamespace, deleteFabric, deleteNamespace, listenIn } from '#network/index.ts';
import { TestApi } from './api-harness.ts';
import { eventually, portolanPath, whyNoCluster, whyNoKubectl, whyNoProgram } from './harness.ts';

const skip = whyNoCluster() ?? whyNoKubectl() ?? whyNoProgram('curl');

const fabric = { hostLink: 'lbp0', fabric: 'e2e-lbp.fabric' };
const host = ['10.199.8.1', 'fd00:199:8::1'];
const machine = (index: number) => ({
  index,
  name: `m${index}`,
  namespace: `e2e-lbp.m${index}`,
  ips: [`10.199.8.1${index}`, `fd00:199:8::1${index}`],
});
const machines = [machine(1), machine(2)];
const client = machine(3);
const pool = '10.199.8.200-10.199.8.209,fd00:199:8::200/124';

interface Part {
  log(): string;
  stop(): Promise<unknown>;
}

describe('load balancers by parts that run by themselves', { skip }, () => {
  let api: TestApi;
  let objects: Client;
  const parts: Part[] = [];
  const closers: (() => void)[] = [];

  const kubectl = (...args: string[]) => run('kubectl', ['--kubeconfig', api.kubeconfig, ...args]);
  /** A command that runs until it is told to end. */
  const start = (namespace: string | undefined, ...args: string[]): Part => {
    const command = [portolanPath, ...args, '--kubeconfig', api.kubeconfig];
    const [file = '', ...words] = namespace ? ['nsenter', `--net=/run/netns/${namespace}`, ...command] : command;
    const child = spawn(file, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    const ended = once(child, 'exit');
    const part = {
      log: () => log,
      async stop(): Promise<unknown> {
        child.kill('SIGTERM');
        const [code] = await ended;
        return code;
      },
    };
    parts.push(part);
    return part;
  };
  const inNamespace = (namespace: string, ...command: string[]) =>
    tryRun('nsenter', [`--net=/run/netns/${namespace}`, ...command]);
  /** What the client is answered: the name of a machine. */
  const ask = async (address: string): Promise<string> => {
    const url = `http://${address.includes(':') ? `[${address}]` : address}`;
    return (await inNamespace(client.namespace, 'curl', '-gsS', '--max-time', '2', url)).stdout;
  };
  const setReady = async (name: string, status: string) => {
    const patch = { status: { conditions: [{ type: 'Ready', status }] } };
    await objects.resource(nodes).patch(name, patch, { type: 'merge', subresource: 'status' });
  };
  /** The machines that answer ARP for the address. */
  const answering = async (address: string): Promise<string[]> => {
    const shown = await Promise.all(
      machines.map(({ namespace }) => inNamespace(namespace, 'ip', '-j', 'neigh', 'show', 'proxy')),
    );
    return machines.filter((_, i) => shown[i]?.stdout.includes(`"${address}"`)).map(({ name }) => name);
  };
  const addressesOf = async (service: string): Promise<string[]> => {
    const { status } = await objects.resource(services).get(service, 'default');
    return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip ?? '');
  };
  const announcer = (namespace: string, name: string, ...more: string[]) =>
    start(namespace, 'announcer', '--node', name, '--load-balancer-pool', pool, ...more);

  before(async () => {
    await createFabric({ ...fabric, addresses: ['10.199.8.1/24', 'fd00:199:8::1/64'] });
    for (const { index, namespace, ips } of [...machines, client]) {
      await createNamespace(namespace);
      const networks = ips.map((ip, i) => ({
        address: `${ip}/${i === 0 ? 24 : 64}`,
        gateway: host[i] ?? '',
        podCIDR: i === 0 ? `10.198.${index}.0/24` : `fd00:198:0:${index}::/64`,
        peers: [],
      }));
      await attachNode({ fabric: fabric.fabric, namespace, index, networks });
    }
    api = await TestApi.start({ host: '10.199.8.1', serviceCIDR: '10.96.0.0/16,fd00:96::/112' });
    objects = new Client(await connect(api.kubeconfig));
    for (const { index, name, namespace, ips } of machines) {
      const spec = { podCIDRs: [`10.198.${index}.0/24`, `fd00:198:0:${index}::/64`] };
      const node = await objects.resource(nodes).create({ metadata: { name }, spec });
      const addresses = ips.map((address) => ({ type: 'InternalIP', address }));
      await objects.resource(nodes).updateStatus({ ...node, status: { addresses } });
      await setReady(name, 'True');
      // The program behind the Service.
      for (const address of ips) {
        const server = createServer((_, response) => response.end(name));
        server.listen(await listenIn(namespace, { host: address, port: 8080 }));
        closers.push(() => server.close());
      }
      start(namespace, 'proxy', '--node', name);
    }
  });
  after(async () => {
    for (const part of parts) await part.stop();
    for (const close of closers) close();
    await api?.[Symbol.asyncDispose]();
    for (const { namespace } of [...machines, client]) await deleteNamespace(namespace);
    await deleteFabric(fabric);
  });

  /** A Service of both families, whose endpoints are the programs on both machines. */
  const expose = async (service: string): Promise<void> => {
    const object = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: service },
      spec: { type: 'LoadBalancer', ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80, targetPort: 8080 }] },
    };
    await run('kubectl', ['--kubeconfig', api.kubeconfig, 'apply', '-f', '-'], { input: JSON.stringify(object) });
    for (const [i, addressType] of (['IPv4', 'IPv6'] as const).entries()) {
      await objects.resource(endpointSlices).create({
        metadata: {
          name: `${service}-${i}`,
          namespace: 'default',
          labels: { 'kubernetes.io/service-name': service },
        },
        addressType,
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
        endpoints: machines.map(({ name, ips }) => ({
          addresses: [ips[i] ?? ''],
          nodeName: name,
          conditions: { ready: true },
        })),
      });
    }
  };

  test('a Service gets addresses, and a client on the network reaches it there, in both families', async () => {
    await expose('web');
    const controller = start(undefined, 'controllers', '--only', 'loadbalancer', '--load-balancer-pool', pool);
    for (const { namespace, name } of machines) announcer(namespace, name);
    const addresses = await eventually('it has an address of each family', async () => {
      const found = await addressesOf('web');
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(addresses, ['10.199.8.200', 'fd00:199:8::200']);
    for (const address of addresses) {
      await eventually(`both machines answer at ${address}`, async () => {
        const answers = await Promise.all(Array.from({ length: 10 }, () => ask(address)));
        return new Set(answers).size === 2 && answers.every((answer) => /^m[12]$/.test(answer));
      });
      assert.equal((await answering(address)).length, 1, 'one of them has the address');
    }
    assert.match(controller.log(), /at work.* controllers=loadbalancer/);
    const described = await kubectl('describe', 'svc', 'web');
    for (const reason of ['EnsuredLoadBalancer', 'nodeAssigned']) assert.match(described, new RegExp(reason));
  });

  test('another machine takes over when the one that has an address is not ready', async () => {
    const [address = ''] = await addressesOf('web');
    const [first = ''] = await answering(address);
    await setReady(first, 'Unknown');
    await eventually('it is the other that has the address', async () => {
      const [now, ...others] = await answering(address);
      return now !== undefined && now !== first && others.length === 0;
    });
    await eventually('the client is answered', async () => /^m[12]$/.test(await ask(address)));
    await setReady(first, 'True');
    await eventually('it comes back', async () => (await answering(address)).join() === first);
  });

  test('what is announced stays when the announcer ends, until --cleanup', async () => {
    const [address = ''] = await addressesOf('web');
    const [name = ''] = await answering(address);
    const { namespace } = machines.find((one) => one.name === name) ?? assert.fail();
    const [, , , one, two] = parts;
    for (const part of [one, two]) assert.equal(await part?.stop(), 0, part?.log());
    await eventually('the client is answered', async () => /^m[12]$/.test(await ask(address)));
    const cleaned = await inNamespace(namespace, portolanPath, 'announcer', '--cleanup');
    assert.match(cleaned.stdout, new RegExp(`^no longer answers for ${address} on eth0$`, 'm'));
    assert.deepEqual(await answering(address), []);
    const again = announcer(namespace, name, '--interface', 'eth0');
    await eventually('it is announced again', async () => (await answering(address)).join() === name);
    await eventually('it says so', async () => /announces .*10\.199\.8\.200/.test(again.log()));
    await eventually('the client is answered', async () => /^m[12]$/.test(await ask(address)));
  });

  test('the address goes with the Service', async () => {
    const [address = ''] = await addressesOf('web');
    await kubectl('delete', 'svc', 'web', '--timeout=30s');
    await eventually('nobody answers for it', async () => (await answering(address)).length === 0);
    assert.equal(await ask(address), '');
  });

  test('mistakes get one line that says what to do', async () => {
    const [m1] = machines;
    const controllers = (...args: string[]) => ['controllers', '--leader-elect', 'none', ...args];
    const announce = (...args: string[]) => ['announcer', '--node', 'm1', ...args];
    const withPool = ['--load-balancer-pool', pool];
    await inNamespace(client.namespace, 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=0');
    const cases: [namespace: string | undefined, args: string[], message: RegExp][] = [
      [
        undefined,
        controllers('--only', 'loadbalancer'),
        /^--only loadbalancer: loadbalancer needs --load-balancer-pool RANGES/,
      ],
      [
        undefined,
        controllers('--only', 'endpoints', ...withPool),
        /^--load-balancer-pool: is for the controller loadbalancer, which --only endpoints leaves out\. Add it there\.$/,
      ],
      [
        undefined,
        controllers('--load-balancer-pool', '10.0.0.1-'),
        /^--load-balancer-pool 10\.0\.0\.1-: "10\.0\.0\.1-" is no range of addresses: write it like /,
      ],
      [
        undefined,
        controllers('--load-balancer-pool', '10.96.7.0/24'),
        /^--load-balancer-pool: 10\.96\.7\.0-10\.96\.7\.255 cannot be used, because it is taken by the cluster IPs of the ServiceCIDR kubernetes \(10\.96\.0\.0\/16\)\. Choose other/,
      ],
      [
        undefined,
        controllers('--load-balancer-pool', 'fd00:96::7'),
        /taken by the cluster IPs of the ServiceCIDR kubernetes \(fd00:96::\/112\)/,
      ],
      [undefined, controllers('--load-balancer-pool', '10.199.8.10/30'), /taken by the Node m1 \(10\.199\.8\.11\)/],
      [
        undefined,
        controllers('--load-balancer-pool', 'fd00:198:0:2::5'),
        /taken by the pods of the Node m2 \(fd00:198:0:2::\/64\)/,
      ],
      [undefined, controllers('--load-balancer-pool', '224.0.0.1'), /224\.0\.0\.0\/4 is for multicast/],
      [m1?.namespace, announce(), /^portolan announcer needs --load-balancer-pool RANGES/],
      [
        m1?.namespace,
        announce(...withPool, '--interface', 'no such'),
        /^--interface no such: is not the name of a link/,
      ],
      [
        m1?.namespace,
        announce(...withPool, '--interface', 'eth7'),
        /^Cannot announce IPv4 addresses on eth7: .* Is --interface right\?$/,
      ],
      [
        client.namespace,
        announce(...withPool),
        /^No link of this machine has an address of the Node m1 \(10\.199\.8\.11, fd00:199:8::11\)\. Name .* with --node, or/,
      ],
      [
        client.namespace,
        announce(...withPool, '--interface', 'eth0'),
        /^Cannot announce IPv6 addresses on eth0: this machine does not forward.*: sysctl -w net\.ipv6\.conf\.all\.forwarding=1$/,
      ],
      [
        m1?.namespace,
        announce(...withPool, '--kubeconfig', '/nowhere'),
        /^kubeconfig \/nowhere: there is no such file/,
      ],
    ];
    for (const [namespace, args, message] of cases) {
      const command = [portolanPath, ...args, '--log-level', 'error'];
      if (!args.includes('--kubeconfig')) command.push('--kubeconfig', api.kubeconfig);
      const [file = '', ...words] = namespace ? ['nsenter', `--net=/run/netns/${namespace}`, ...command] : command;
      const { code, stderr } = await tryRun(file, words, { timeoutMs: 20_000 });
      assert.equal(code, 1, `${args.join(' ')}: ${stderr}`);
      assert.match(stderr.trim(), message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });
});
