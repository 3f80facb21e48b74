// The rules on the real kernel: real connections through two nodes in network namespaces, in both families.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { Family } from '#lib/cidr.ts';
import { enter } from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { affinityKey } from './affinity.ts';
import { wantsOf } from './frontends.ts';
import {
  bash,
  type Caller,
  call,
  callers,
  createWorld,
  deleteWorld,
  isSilent,
  nodes,
  placeOf,
  put,
  restart,
  rulesOf,
  service,
  shell,
  slices,
} from './kernel-suite.ts';
import { describeConnections } from './packets/connections-suite.ts';
import { describeCrossings } from './packets/crossing-suite.ts';
import { describeSctp } from './packets/sctp-suite.ts';
import { Programme } from './programme.ts';
import { setsOf, tableOf } from './sets.ts';
import { families } from './words.ts';
import { type World, worlds } from './worlds.testing.ts';

before(async () => {
  await createWorld();
  await put(service('web', 10), ...slices('web', 'a', 'b'));
  await put(service('own', 11), ...slices('own', 'client'));
  await put(service('empty', 12));
});
after(deleteWorld);

const one = nodes[0] as (typeof nodes)[number];
const web = { n: 10, nodePort: 31_010 };
const own = { n: 11, nodePort: 31_011 };
const empty = { n: 12, nodePort: 31_012 };

const ingress = (n: number) => families.map((family) => ({ ip: worlds[family].vip(n) }));
const distinct = (answers: readonly string[]): string[] => [...new Set(answers)].sort();

for (const family of families) {
  const world: World = worlds[family];
  const nodeOne = world.node(1);
  const nodeTwo = world.node(2);
  const client = world.pod(1, 5);
  const gatewayOne = world.gateway(1);

  describe(`connections, ${family}`, () => {
    const masqueradedByOne = [`a ${gatewayOne}`, `b ${nodeOne}`];
    const table: { from: Caller; to: string; address: string; port: number; want: string[] }[] = [
      {
        from: 'pod',
        to: 'cluster IP, keeping its address',
        address: world.service(web.n),
        port: 80,
        want: [`a ${client}`, `b ${client}`],
      },
      { from: 'node', to: 'cluster IP, masqueraded', address: world.service(web.n), port: 80, want: masqueradedByOne },
      { from: 'host', to: 'cluster IP, masqueraded', address: world.service(web.n), port: 80, want: masqueradedByOne },
      {
        from: 'pod',
        to: 'node port of its node, masqueraded',
        address: nodeOne,
        port: web.nodePort,
        want: masqueradedByOne,
      },
      {
        from: 'pod',
        to: 'node port of the other node, masqueraded',
        address: nodeTwo,
        port: web.nodePort,
        want: [`a ${nodeTwo}`, `b ${world.gateway(2)}`],
      },
      {
        from: 'node',
        to: 'its own node port, masqueraded',
        address: nodeOne,
        port: web.nodePort,
        want: masqueradedByOne,
      },
      { from: 'host', to: 'node port, masqueraded', address: nodeOne, port: web.nodePort, want: masqueradedByOne },
      {
        from: 'pod',
        to: 'itself by its cluster IP (hairpin)',
        address: world.service(own.n),
        port: 80,
        want: [`client ${gatewayOne}`],
      },
      {
        from: 'pod',
        to: 'itself by its node port (hairpin)',
        address: nodeOne,
        port: own.nodePort,
        want: [`client ${gatewayOne}`],
      },
      { from: 'pod', to: 'a pod, untouched', address: world.pod(2, 6), port: 8080, want: [`b ${client}`] },
    ];
    for (const { from, to, address, port, want } of table) {
      test(`${from} to ${to}`, async () => {
        assert.deepEqual(distinct(await call(from, address, port, 30)), want);
      });
    }

    test('endpoints are drawn evenly', async () => {
      const answers = await call('pod', world.service(web.n), 80, 300);
      const a = answers.filter((answer) => answer.startsWith('a')).length;
      // Six standard deviations of a fair coin.
      assert.ok(Math.abs(a - 150) < 52, `${a} of 300`);
    });
  });

  describe(`refusals are quick, ${family}`, () => {
    const targets = [
      { name: 'cluster IP without endpoints', address: world.service(empty.n), port: 80 },
      { name: 'node port without endpoints', address: nodeOne, port: empty.nodePort },
      { name: 'unused port of a cluster IP', address: world.service(web.n), port: 81 },
    ];
    for (const caller of Object.keys(callers) as Caller[]) {
      test(`${caller}, TCP, many times, and UDP`, async () => {
        for (const { name, address, port } of targets) {
          const begin = Date.now();
          const each = `exec 3<>/dev/tcp/${address}/${port}`;
          const tcp = await bash(caller, `for i in $(seq 20); do (${each}); done`);
          assert.equal(tcp.stderr.match(/connect: Connection refused/g)?.length, 20, `${name}: ${tcp.stderr}`);
          assert.ok(Date.now() - begin < 2000);
          const udp = await bash(caller, `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 3 cat <&3`);
          assert.match(udp.stderr, /Connection refused/, name);
        }
      });
    }

    test('an address that no Service has is silence', async () => {
      assert.ok(await isSilent('pod', world.service(99), 80));
    });
  });

  describe(`policies and source ranges, ${family}`, () => {
    test('external policy Local: the address of the caller is kept, the node without endpoints is silent, pods and node get through', async () => {
      const local = { spec: { externalTrafficPolicy: 'Local' }, type: 'LoadBalancer', ingress: ingress(20) };
      await put(service('local', 20, local), ...slices('local', 'b'));
      assert.deepEqual(await call('host', nodeTwo, 31_020), [`b ${world.host}`]);
      assert.ok(await isSilent('host', nodeOne, 31_020));
      assert.ok(await isSilent('host', world.vip(20), 80));
      assert.deepEqual(await call('pod', world.vip(20), 80), [`b ${client}`]);
      assert.deepEqual(await call('pod', nodeOne, 31_020), [`b ${client}`]);
      assert.deepEqual(await call('node', world.vip(20), 80), [`b ${nodeOne}`]);
      await put(service('local', 20, local), ...slices('local', 'a', 'b'));
      assert.deepEqual(distinct(await call('host', world.vip(20), 80, 10)), [`a ${world.host}`]);
      assert.deepEqual(distinct(await call('pod', world.vip(20), 80, 30)), [`a ${client}`, `b ${client}`]);
    });

    test('internal policy Local: the node alone, or silence', async () => {
      const local = { spec: { internalTrafficPolicy: 'Local' } };
      await put(service('inside', 21, local), ...slices('inside', 'a', 'b'));
      assert.deepEqual(distinct(await call('pod', world.service(21), 80, 10)), [`a ${client}`]);
      await put(service('inside', 21, local), ...slices('inside', 'b'));
      assert.ok(await isSilent('pod', world.service(21), 80));
      assert.deepEqual(await call('pod', nodeOne, 31_021), [`b ${nodeOne}`]);
    });

    test('source ranges: who is not in them gets no answer from the balancer, and does from the node port', async () => {
      const loadBalancerSourceRanges = families.flatMap((each) => [
        `${worlds[each].host}/${each === 'IPv4' ? 32 : 128}`,
      ]);
      const guarded = { spec: { loadBalancerSourceRanges }, type: 'LoadBalancer', ingress: ingress(22) };
      await put(service('guarded', 22, guarded), ...slices('guarded', 'b'));
      assert.deepEqual(await call('host', world.vip(22), 80), [`b ${nodeOne}`]);
      assert.ok(await isSilent('pod', world.vip(22), 80));
      assert.ok(await isSilent('node', world.vip(22), 80));
      assert.deepEqual(await call('pod', nodeOne, 31_022), [`b ${nodeOne}`]);
      assert.deepEqual(await call('pod', world.service(22), 80), [`b ${client}`]);
      await put(service('guarded', 22, { ...guarded, spec: {} }), ...slices('guarded', 'b'));
      assert.deepEqual(await call('pod', world.vip(22), 80), [`b ${nodeOne}`]);
    });
  });

  describe(`session affinity, ${family}`, () => {
    const sticky = (timeoutSeconds: number) => ({
      spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds } } },
    });
    const oneOf = async (caller: Caller, address: string, port: number): Promise<string> => {
      const [only, ...others] = distinct(
        (await call(caller, address, port, 15)).map((answer) => answer.split(' ')[0] ?? ''),
      );
      assert.deepEqual(others, []);
      return only ?? '';
    };

    test('a client stays with its endpoint, by cluster IP and node port, until that is gone; others stay with theirs', async () => {
      const names = ['a', 'b', 'client'];
      await put(service('sticky', 30, sticky(600)), ...slices('sticky', ...names));
      const before = await oneOf('pod', world.service(30), 80);
      const others = await oneOf('node', world.service(30), 80);
      await oneOf('pod', nodeOne, 31_030);
      assert.equal(await oneOf('pod', world.service(30), 80), before);
      await restart();
      assert.equal(await oneOf('pod', world.service(30), 80), before);
      await put(service('sticky', 30, sticky(600)), ...slices('sticky', ...names.filter((name) => name !== before)));
      const later = await oneOf('pod', world.service(30), 80);
      assert.notEqual(later, before);
      assert.notEqual(await oneOf('pod', nodeOne, 31_030), before);
      if (others !== before) assert.equal(await oneOf('node', world.service(30), 80), others);
      await put(service('sticky', 30, sticky(600)), ...slices('sticky', ...names));
      assert.equal(await oneOf('pod', world.service(30), 80), later);
    });

    test('an endpoint that vanishes gets no more connections from the moment on in which it is taken out', async () => {
      const programme = new Programme(family, rulesOf(one));
      const nft = new NftExec({ prefix: enter(one.namespace) });
      /** And what the kernel remembers is left to itself. */
      const become = async (endpoints: string[], ending: string[] = []) => {
        const known = slices('gone', ...endpoints, ...ending).map((slice) => ({
          ...slice,
          endpoints: slice.endpoints.map((endpoint, i) =>
            i < endpoints.length
              ? endpoint
              : { ...endpoint, conditions: { ready: false, serving: true, terminating: true } },
          ),
        }));
        programme.set('default/gone', wantsOf(service('gone', 33, sticky(600)), known, family, placeOf(one)));
        await nft.run(programme.take().transaction);
      };
      try {
        for (const [address, port] of [
          [world.service(33), 80],
          [nodeOne, 31_033],
        ] as const) {
          await become(['a', 'b']);
          const first = await oneOf('pod', address, port);
          const other = first === 'a' ? 'b' : 'a';
          await become([other], [first]);
          assert.equal(await oneOf('pod', address, port), first, 'it is ending, and still serves');
          await become([other]);
          assert.equal(await oneOf('pod', address, port), other);
          await become([other, first]);
          assert.equal(await oneOf('pod', address, port), other, 'the new one is remembered');
          const udp = `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 2 head -n1 <&3 | cut -d' ' -f1`;
          const asked = async () => (await bash('pod', udp)).stdout.trim();
          const was = await asked();
          await become([was === 'a' ? 'b' : 'a']);
          assert.equal(await asked(), '', 'the first packet is lost');
          assert.equal(await asked(), was === 'a' ? 'b' : 'a');
        }
      } finally {
        await restart();
      }
    });

    test('goes by itself when its time is over', async () => {
      await put(service('brief', 31, sticky(1)), ...slices('brief', 'a', 'b'));
      const [name = ''] = distinct(await call('pod', world.service(31), 80));
      assert.ok(name !== '');
      const remembered = async () => (await affinity(family)).some((key) => isAbout(family, key, 31));
      assert.equal(await remembered(), true);
      for (let tries = 0; tries < 60 && (await remembered()); tries++)
        await new Promise((done) => setTimeout(done, 50));
      assert.equal(await remembered(), false);
    });

    test('to servers of the node itself, whose packets come in by input', async () => {
      await put(service('host', 32, sticky(600)), ...slices('host', 'one', 'two'));
      await oneOf('pod', world.service(32), 80);
      await oneOf('node', world.service(32), 80);
    });
  });

  describe(`UDP, ${family}`, () => {
    test('is answered from the address that was asked, through cluster IP and node port', async () => {
      for (const [address, port, want] of [
        [world.service(web.n), 80, [`a ${client}`, `b ${client}`]],
        [nodeOne, web.nodePort, [`a ${gatewayOne}`, `b ${nodeOne}`]],
        [world.service(own.n), 80, [`client ${gatewayOne}`]],
      ] as const) {
        const { stdout } = await bash(
          'pod',
          `exec 3<>/dev/udp/${address}/${port}; echo hello >&3; timeout 3 head -n1 <&3`,
        );
        assert.ok((want as readonly string[]).includes(stdout.trim()), stdout);
      }
    });

    test('a socket that goes on sending follows the endpoints: moved, gone, back again', async () => {
      const moving = service('moving', 13);
      await put(moving, ...slices('moving', 'a'));
      const child = shell(
        'pod',
        `exec 3<>/dev/udp/${world.service(13)}/80; while read -r; do echo hi >&3; answer=$(timeout 2 head -n1 <&3); test -n "$answer" || answer=none; echo "$answer"; done`,
      );
      const ask = async () => {
        child.stdin.write('\n');
        const [chunk] = await once(child.stdout, 'data');
        return String(chunk).trim();
      };
      assert.equal(await ask(), `a ${client}`);
      await put(moving, ...slices('moving', 'b'));
      assert.equal(await ask(), `b ${client}`);
      await put(moving);
      assert.equal(await ask(), 'none');
      await put(moving, ...slices('moving', 'a'));
      assert.equal(await ask(), `a ${client}`);
      child.kill('SIGKILL');
    });
  });
}

/** Keys of what node one remembers of TCP clients. */
async function affinity(family: Family): Promise<string[]> {
  const nft = new NftExec({ prefix: enter(nodes[0]?.namespace) });
  const [map] = setsOf[family].affinity.tcp;
  assert.ok(map);
  const pieces = await Array.fromAsync(nft.elements(tableOf(family), map));
  return pieces.flat().map(({ key }) => key);
}

const isAbout = (family: Family, key: string, n: number): boolean =>
  key.endsWith(` . ${affinityKey(family, worlds[family].service(n), 80)}`);

describeConnections();
await describeSctp();
describeCrossings();
