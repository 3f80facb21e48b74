// Flows of the real kernel, in network namespaces of their own: every caller is a socket that sends one datagram through
// translation by nft. Services 172.30.0.0/16 and fd30::/64, endpoints 172.31.0.N and fd31::N, all on one interface; the
// node is 192.168.7.1 and fd07::1.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { EndpointSlice, Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { createLogger } from '#lib/log.ts';
import { run, tryRun } from '#lib/run.ts';
import { createNamespace, deleteNamespace, enter, NodeNetwork } from '#network/index.ts';
import type { ServiceState } from '../observer.ts';
import { type Conntrack, ConntrackExec, type FlowGroup } from './conntrack.ts';
import { FlowCleaner } from './flow-cleaner.ts';

const namespace = `tc${process.pid}`;
interface State {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

const rulesWritten = { full: false, affinity: Promise.resolve() };
const quiet = createLogger('test', 'error', () => {});
const network = new NodeNetwork(namespace);

const inside = (script: string): Promise<string> => {
  const [file = '', ...args] = enter(namespace);
  return run(file, [...args, 'bash', '-c', script]);
};

const worlds = {
  IPv4: {
    nft: 'ip',
    service: '172.30.0.1',
    external: '172.30.9.9',
    balancer: '172.30.8.8',
    node: '192.168.7.1',
    endpoint: '172.31.0.',
    elsewhere: '172.30.77.7',
  },
  IPv6: {
    nft: 'ip6',
    service: 'fd30::1',
    external: 'fd30::9:9',
    balancer: 'fd30::8:8',
    node: 'fd07::1',
    endpoint: 'fd31::',
    elsewhere: 'fd30::77:7',
  },
} as const;

before(async () => {
  await createNamespace(namespace);
  const addresses = Object.values(worlds).flatMap(({ service, external, balancer, endpoint, node, elsewhere }) => [
    service,
    external,
    balancer,
    elsewhere,
    node,
    `${endpoint}1`,
    `${endpoint}2`,
  ]);
  // Called addresses are only routed, as Services' are; nobody has them.
  const own = (address: string) => /^(192\.168|fd07|172\.31|fd31)/.test(address);
  await inside(
    [
      'set -e; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up',
      'ip route add 172.30.0.0/16 dev v0 && ip -6 route add fd30::/64 dev v0',
      ...addresses.filter(own).map((a) => `ip addr add ${a}/${a.includes(':') ? '128 nodad' : '32'} dev v0`),
      'nft add table ip p && nft add table ip6 p',
      // Tracks what no rule translates, too.
      'nft add table inet t && nft "add chain inet t o { type filter hook output priority 0; }" && nft add rule inet t o ct state new',
    ].join('\n'),
  );
});
after(() => deleteNamespace(namespace));

for (const family of ['IPv4', 'IPv6'] as const) {
  const world = worlds[family];
  const [a, b] = [`${world.endpoint}1`, `${world.endpoint}2`];
  const { service: clusterIP, external, balancer, node, elsewhere } = world;

  /** Translates what is called to one endpoint's port 5353; undefined: to nobody. */
  const translate = (to: string | undefined) => {
    const bracketed = to?.includes(':') ? `[${to}]` : to;
    return inside(`nft -f - <<END
flush table ${world.nft} p
add chain ${world.nft} p o { type nat hook output priority -100; }
${to ? `add rule ${world.nft} p o udp dport { 53, 30053 } dnat to ${bracketed}:5353` : ''}
END`);
  };
  const call = (address: string, port: number) => inside(`echo x > /dev/udp/${address}/${port}`);

  /** What the table holds of UDP, as `called port → answered by`. */
  const flows = async (): Promise<string[]> => {
    const { stdout } = await tryRun(enter(namespace)[0] ?? '', [
      ...enter(namespace).slice(1),
      'conntrack',
      '-L',
      '-f',
      family.toLowerCase(),
      '-p',
      'udp',
    ]);
    const line = /dst=(\S+) sport=\d+ dport=(\d+) .*?src=(\S+)/;
    return stdout
      .split('\n')
      .flatMap((text) => {
        const [, called, port, by] = line.exec(text) ?? [];
        return called ? [`${called} ${port} → ${by}`] : [];
      })
      .sort();
  };
  const forgetAll = () => inside(`conntrack -D -f ${family.toLowerCase()} >/dev/null 2>&1; true`);

  const state = (endpoints: readonly string[], extra: Partial<Service['spec'] & object> = {}): State => ({
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'dns', namespace: 'default' },
      spec: {
        type: 'LoadBalancer',
        clusterIP,
        clusterIPs: [clusterIP],
        externalIPs: [external],
        ports: [{ name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }],
        ...extra,
      },
      status: {
        loadBalancer: {
          ingress: [
            { ip: balancer, ipMode: 'VIP' },
            { ip: elsewhere, ipMode: 'Proxy' },
          ],
        },
      },
    } as Service,
    slices: [
      {
        metadata: { name: 'dns-1', namespace: 'default' },
        addressType: family,
        ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }],
        endpoints: endpoints.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      } as EndpointSlice,
    ],
  });

  class Counting extends ConntrackExec {
    dumps = 0;
    deleted: FlowGroup[] = [];
    override eachUdp(...args: Parameters<Conntrack['eachUdp']>) {
      this.dumps++;
      return super.eachUdp(...args);
    }
    override deleteUdp(of: Family, groups: readonly FlowGroup[]) {
      this.deleted.push(...groups);
      return super.deleteUdp(of, groups);
    }
  }
  const cleanerWith = (conntrack: Conntrack, cleaned: (deleted: number) => void = () => {}) =>
    new FlowCleaner(
      {
        conntrack,
        nodeAddresses: () => network.addresses(),
        log: quiet,
        onCleaned: (_, __, deleted) => cleaned(deleted),
      },
      { nodeName: 'one', families: ['IPv4', 'IPv6'] },
      new AbortController().signal,
    );
  const tell = async (cleaner: FlowCleaner, now: State | undefined) => {
    cleaner.set(family, 'default/dns', now && { ...now, wants: undefined });
    cleaner.written(family, rulesWritten);
    await cleaner.idle();
  };
  const everyFrontend = [clusterIP, external, balancer].map((address) => [address, 53] as const);

  describe(`UDP flows, ${family}`, { timeout: 30_000 }, () => {
    let conntrack: Counting;
    let cleaner: FlowCleaner;
    const begin = async (now: State | undefined) => {
      await forgetAll();
      conntrack = new Counting({ prefix: enter(namespace) });
      cleaner = cleanerWith(conntrack);
      await tell(cleaner, now);
    };

    test('an endpoint that is gone loses its flows, by every way in; those of others stay', async () => {
      await begin(state([a, b]));
      for (const to of [a, b]) {
        await translate(to);
        for (const [address, port] of everyFrontend) await call(address, port);
        await call(node, 30053);
      }
      const dumps = conntrack.dumps;
      await tell(cleaner, state([b]));
      assert.deepEqual(
        await flows(),
        [...everyFrontend.map(([address]) => `${address} 53 → ${b}`), `${node} 30053 → ${b}`].sort(),
      );
      assert.equal(conntrack.dumps - dumps, 1);
    });

    test('an endpoint that serves while it ends keeps its flows', async () => {
      await begin(state([a]));
      await translate(a);
      await call(clusterIP, 53);
      const ending = state([b, a]);
      ending.slices[0]?.endpoints?.splice(1, 1, {
        addresses: [a],
        conditions: { ready: false, serving: true, terminating: true },
      });
      await tell(cleaner, ending);
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${a}`]);
      ending.slices[0]?.endpoints?.splice(1, 1, {
        addresses: [a],
        conditions: { ready: false, serving: false, terminating: true },
      });
      await tell(cleaner, { ...ending });
      assert.deepEqual(await flows(), []);
    });

    test('flows that began while nobody was there are freed when somebody comes', async () => {
      await begin(state([]));
      await translate(undefined);
      await call(clusterIP, 53);
      await call(node, 30053);
      assert.equal((await flows()).length, 2);
      await tell(cleaner, state([a]));
      assert.deepEqual(await flows(), []);
    });

    test('the last endpoint goes; the Service goes', async () => {
      for (const end of [state([]), undefined]) {
        await begin(state([a]));
        await translate(a);
        for (const [address, port] of everyFrontend) await call(address, port);
        await call(node, 30053);
        await tell(cleaner, end);
        assert.deepEqual(await flows(), []);
      }
    });

    test('an address or node port that is taken from a Service loses its flows, the others keep theirs', async () => {
      await begin(state([a]));
      await translate(a);
      for (const [address, port] of everyFrontend) await call(address, port);
      await call(node, 30053);
      await tell(cleaner, state([a], { externalIPs: [], ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }));
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${a}`, `${balancer} 53 → ${a}`].sort());
    });

    test('left alone: TCP, other ports, other addresses with the number of a node port, balancers that proxy', async () => {
      await begin(state([a]));
      await translate(undefined);
      await call(elsewhere, 53);
      await call(elsewhere, 30053);
      await call(clusterIP, 54);
      await inside(`timeout 0.1 bash -c 'exec 3<>/dev/tcp/${clusterIP}/53'; true`);
      const before = await flows();
      assert.equal(before.length, 3);
      await tell(cleaner, undefined);
      assert.deepEqual(await flows(), before);
      assert.match(await inside(`conntrack -L -f ${family.toLowerCase()} -p tcp 2>/dev/null`), /dport=53 /);
    });

    test('after a restart of the proxy only flows on a wrong way are ended', async () => {
      await forgetAll();
      for (const to of [a, b]) {
        await translate(to);
        await call(clusterIP, 53);
      }
      const restarted = cleanerWith(new Counting({ prefix: enter(namespace) }));
      await tell(restarted, state([b]));
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${b}`]);
    });

    test('what cannot make a flow stale is not looked for', async () => {
      await begin(state([a]));
      const dumps = conntrack.dumps;
      await tell(cleaner, state([a]));
      await tell(cleaner, state([a, b]));
      assert.equal(conntrack.dumps, dumps);
    });

    test('a Service that takes over an address before its owner is gone keeps its flows', async () => {
      await begin(state([a]));
      await translate(b);
      cleaner.set(family, 'default/heir', { ...state([b]), wants: undefined });
      cleaner.set(family, 'default/dns', undefined);
      await call(clusterIP, 53);
      cleaner.written(family, rulesWritten);
      await cleaner.idle();
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${b}`]);
    });

    test('of two Services that ask for an address the older has it, and its flows stay whatever becomes of the other', async () => {
      const clusterIPs = { clusterIP: elsewhere, clusterIPs: [elsewhere] };
      const younger = (endpoint: string) => {
        const { service, slices } = state([endpoint], clusterIPs);
        return {
          service: { ...service, metadata: { ...service.metadata, name: 'younger' } },
          slices,
          wants: undefined,
        };
      };
      const change = async (key: string, now: ServiceState | undefined) => {
        cleaner.set(family, key, now);
        cleaner.written(family, rulesWritten);
        await cleaner.idle();
      };
      await begin(state([a]));
      await change('default/younger', younger(b));
      await translate(a);
      await call(external, 53);
      await change('default/younger', younger(a));
      await change('default/younger', younger(b));
      assert.deepEqual(await flows(), [`${external} 53 → ${a}`]);
      await change('default/dns', undefined);
      assert.deepEqual(await flows(), []);
      await translate(b);
      await call(external, 53);
      await change('default/dns', { ...state([a]), wants: undefined });
      assert.deepEqual(await flows(), []);
      await change('default/younger', undefined);
    });

    test('flows are not ended before affinity is, since they would begin again where they were', async () => {
      await begin(state([a]));
      await translate(a);
      await call(clusterIP, 53);
      const { promise, resolve } = Promise.withResolvers<void>();
      cleaner.set(family, 'default/dns', { ...state([b]), wants: undefined });
      cleaner.written(family, { full: false, affinity: promise });
      await new Promise((done) => setTimeout(done, 50));
      // The kernel still sends the client there.
      await inside(`conntrack -D -f ${family.toLowerCase()} -p udp >/dev/null 2>&1; true`);
      await call(clusterIP, 53);
      await translate(b);
      resolve();
      await cleaner.idle();
      assert.deepEqual(await flows(), []);
    });

    test('flows to what the rules of the last run led to, and no Service has any more, are ended', async () => {
      await forgetAll();
      await translate(a);
      for (const [address, port] of everyFrontend) await call(address, port);
      await call(node, 30053);
      const restarted = cleanerWith(new Counting({ prefix: enter(namespace) }));
      const still = state([a], { externalIPs: [], ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] });
      restarted.set(family, 'default/dns', { ...still, wants: undefined });
      restarted.left(family, [
        { address: clusterIP, port: 53 },
        { address: external, port: 53 },
        { address: undefined, port: 30053 },
      ]);
      restarted.written(family, { ...rulesWritten, full: true });
      await restarted.idle();
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${a}`, `${balancer} 53 → ${a}`].sort());
    });

    test('flows that began while somebody had taken the rules away are ended when these are there again', async () => {
      await begin(state([a]));
      await translate(a);
      await call(clusterIP, 53);
      await translate(undefined);
      await call(external, 53);
      assert.equal((await flows()).length, 2);
      cleaner.written(family, { ...rulesWritten, full: true });
      await cleaner.idle();
      assert.deepEqual(await flows(), [`${clusterIP} 53 → ${a}`]);
    });

    test('50,000 flows: those of one endpoint are ended by one group for each way in', async () => {
      await forgetAll();
      const line = (i: number, by: string) =>
        `-I -p udp -t 120 -s ${world.endpoint}${i < 25_000 ? 8 : 9} -d ${clusterIP} --sport ${10_000 + (i % 25_000)} --dport 53 ` +
        `-r ${by} -q ${world.endpoint}${i < 25_000 ? 8 : 9} --reply-port-src 5353 --reply-port-dst ${10_000 + (i % 25_000)}\n`;
      const input = Array.from({ length: 50_000 }, (_, i) => line(i, i % 5 === 0 ? a : b)).join('');
      const [file = '', ...args] = enter(namespace);
      await run(file, [...args, 'sh', '-c', 'cat | conntrack -R - >/dev/null'], { input });
      conntrack = new Counting({ prefix: enter(namespace) });
      const counts: number[] = [];
      cleaner = cleanerWith(conntrack, (deleted) => counts.push(deleted));
      await tell(cleaner, state([b]));
      assert.deepEqual(counts, [10_000]);
      assert.deepEqual(conntrack.deleted, [
        { destination: clusterIP, destinationPort: 53, answeredBy: { address: a, port: 5353 } },
      ]);
      assert.equal(conntrack.dumps, 1);
      await tell(cleaner, undefined);
      assert.deepEqual(counts, [10_000, 40_000]);
    });
  });
}

describe('failures', () => {
  test('are told, and tried again with what came meanwhile', async () => {
    const messages: string[] = [];
    const stop = new AbortController();
    const naps: number[] = [];
    const missing = new ConntrackExec({ prefix: ['/nowhere/program'] });
    const cleaner: FlowCleaner = new FlowCleaner(
      {
        conntrack: missing,
        nodeAddresses: () => network.addresses(),
        log: createLogger('test', 'warn', (text) => messages.push(text)),
        clock: {
          now: () => new Date(),
          sleep: async (ms) => {
            naps.push(ms);
            if (naps.length === 8) stop.abort();
          },
        },
      },
      { nodeName: 'one', families: ['IPv4'] },
      stop.signal,
    );
    const spec = { clusterIP: '172.30.0.1', clusterIPs: ['172.30.0.1'], ports: [{ port: 53, protocol: 'UDP' }] };
    cleaner.set('IPv4', 'default/dns', {
      wants: undefined,
      service: { metadata: { name: 'dns', namespace: 'default' }, spec } as Service,
      slices: [],
    });
    cleaner.written('IPv4', rulesWritten);
    await cleaner.idle();
    assert.deepEqual(naps, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    assert.match(messages[0] ?? '', /cannot end stale UDP flows, trying again family=IPv4 .*nowhere.*ENOENT/);
  });
});
