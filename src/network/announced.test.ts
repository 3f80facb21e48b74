// On the real kernel: addresses that nodes of a fabric answer for, as the host, their neighbour, sees them.
// Fabric 10.203.81.0/24 and fd00:203:0:81::/64.

import assert from 'node:assert/strict';
import type { Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { run, tryRun } from '#lib/run.ts';
import {
  type AnnouncingLink,
  announce,
  announcedAddresses,
  attachNode,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  enter,
  listenIn,
  startAnnouncing,
  stopAllAnnouncing,
  stopAnnouncing,
} from './index.ts';
import { announcementOf } from './neighbour-frames.ts';

const name = `ta${process.pid}`;
const names = { hostLink: name, fabric: name };
const nodes = [1, 2].map((index) => ({
  index,
  namespace: `${name}-node${index}`,
  mac: `02:00:00:00:00:0${index}`,
  ips: [`10.203.81.1${index}`, `fd00:203:0:81::1${index}`],
}));
const [first, second] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
const at = ({ namespace }: { namespace: string }): AnnouncingLink => ({ namespace, link: 'eth0' });
const addresses = ['10.203.81.200', 'fd00:203:0:81::c8'];

test('announcements, byte by byte', () => {
  const [arp, ndp] = addresses.map((address) => announcementOf(address, first.mac));
  assert.equal(
    arp?.bytes.toString('hex'),
    ['ffffffffffff', '020000000001', '0806', '0001', '0800', '0604', '0001', '020000000001', '0acb51c8']
      .concat('ffffffffffff', '0acb51c8')
      .join(''),
  );
  const target = 'fd0002030000008100000000000000c8';
  assert.equal(
    ndp?.bytes.toString('hex'),
    ['333300000001', '020000000001', '86dd', '60000000', '0020', '3a', 'ff', target, 'ff02'.padEnd(31, '0'), '1']
      .concat('88', '00', 'd404', 'a0000000', target, '0201', '020000000001')
      .join(''),
  );
});

describe('announced addresses', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  const servers: Server[] = [];
  const inside = (namespace: string, ...command: string[]) => {
    const [file = '', ...args] = enter(namespace);
    return run(file, [...args, ...command]);
  };

  before(async () => {
    await createFabric({ ...names, addresses: ['10.203.81.1/24', 'fd00:203:0:81::1/64'] });
    for (const node of nodes) {
      const { namespace, index, ips } = node;
      await createNamespace(namespace);
      const networks = ips.map((ip, i) => ({
        address: `${ip}/${i === 0 ? 24 : 64}`,
        gateway: i === 0 ? '10.203.81.1' : 'fd00:203:0:81::1',
        podCIDR: i === 0 ? `10.201.${index}.0/24` : `fd00:201:0:${index}::/64`,
        peers: [],
      }));
      await attachNode({ fabric: name, namespace, index, networks });
      // What a service proxy does: port 80 of the address is translated, here to the node itself.
      for (const [i, family] of ['ip', 'ip6'].entries()) {
        const to = family === 'ip' ? ips[i] : `[${ips[i]}]`;
        const table = `table ${family} t { chain c { type nat hook prerouting priority -100; ${family} daddr ${addresses[i]} tcp dport 80 dnat to ${to}:8080; }; }`;
        await inside(namespace, 'nft', table);
        servers.push(await listenIn(namespace, { host: ips[i] ?? '', port: 8080 }));
      }
      // A program that listens on everything the node has.
      servers.push(await listenIn(namespace, { host: '::', port: 81 }));
    }
    for (const server of servers) server.on('connection', (socket) => socket.end());
  });
  after(async () => {
    for (const server of servers) server.close();
    for (const { namespace } of nodes) await deleteNamespace(namespace);
    await deleteFabric(names);
  });

  /** Where nobody answers, the kernel would try for three seconds. */
  const connects = async (address: string, port: number): Promise<boolean> =>
    (await tryRun('timeout', ['1', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`])).code === 0;
  /** Where the host, which has just talked to the address, believes it to be. */
  const neighbour = async (address: string): Promise<string | undefined> =>
    JSON.parse(await run('ip', ['-j', 'neigh', 'show', 'to', address, 'dev', name]))[0]?.lladdr;

  for (const address of addresses) {
    test(`${address} is answered for, but is no address of the node`, async () => {
      assert.equal(await connects(address, 80), false);
      await startAnnouncing(at(first), [address]);
      await startAnnouncing(at(first), [address]);
      assert.deepEqual(await announcedAddresses(at(first)), [address]);
      assert.equal(await connects(address, 80), true);
      assert.equal(await neighbour(address), first.mac);
      assert.equal(await connects(first.ips[addresses.indexOf(address)] ?? '', 81), true);
      assert.equal(await connects(address, 81), false, 'a program that listens on all addresses is not reached');
      await stopAnnouncing(at(first), [address]);
      await stopAnnouncing(at(first), [address]);
      assert.deepEqual(await announcedAddresses(at(first)), []);
    });

    test(`${address} moves to another node at once, with what the neighbours remember`, async () => {
      await startAnnouncing(at(first), [address]);
      assert.equal(await connects(address, 80), true);
      assert.equal(await neighbour(address), first.mac);
      // As when the first one dies: it does not take leave.
      await startAnnouncing(at(second), [address]);
      await announce(at(second), [address]);
      assert.equal(await neighbour(address), second.mac);
      await stopAnnouncing(at(first), [address]);
      assert.equal(await connects(address, 80), true);
      assert.equal(await neighbour(address), second.mac);
      await stopAnnouncing(at(second), [address]);
    });
  }

  test('all ends at once, on links of any name, and proxy entries of others stay', async () => {
    const { namespace } = second;
    const vlan = { namespace, link: 'eth0.7' };
    await run('ip', ['-n', namespace, 'link', 'add', vlan.link, 'type', 'bridge']);
    await run('ip', ['-n', namespace, 'neigh', 'add', 'proxy', '10.203.81.99', 'dev', 'eth0']);
    await startAnnouncing(at(second), addresses);
    await startAnnouncing(vlan, ['10.203.81.202', 'fd00:203:0:81::ca']);
    assert.deepEqual((await announcedAddresses(at(second))).sort(), addresses);
    const ended = await stopAllAnnouncing(namespace);
    assert.deepEqual(ended.map(({ link, address }) => `${address} ${link}`).sort(), [
      '10.203.81.200 eth0',
      '10.203.81.202 eth0.7',
      'fd00:203:0:81::c8 eth0',
      'fd00:203:0:81::ca eth0.7',
    ]);
    const left = (...show: string[]) => run('ip', ['-n', namespace, '-j', ...show]).then(JSON.parse);
    assert.deepEqual(
      (await left('neigh', 'show', 'proxy')).map(({ dst }: { dst: string }) => dst),
      ['10.203.81.99'],
    );
    const links = (await left('link', 'show')).map(({ ifname }: { ifname: string }) => ifname);
    assert.ok(!links.includes('announced'), links.join());
    assert.deepEqual(await stopAllAnnouncing(namespace), []);
  });

  test('a node that is gone cannot announce, and the error says so', async () => {
    const gone = { namespace: `${name}-gone`, link: 'eth0' };
    await assert.rejects(startAnnouncing(gone, ['10.203.81.201']), /cannot set .* in network namespace .*-gone/);
    await assert.rejects(announcedAddresses(gone), { reason: 'NotFound' });
  });
});
