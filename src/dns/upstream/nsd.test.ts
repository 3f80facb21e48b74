// Forwarding to NSD, a server of other people's, by UDP, TCP and TLS, asked by dig.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CertificateAuthority } from '#cluster/pki.ts';
import { DnsServer } from '../server.ts';
import { corefile } from '../testing/corefile.ts';
import { ask, skipWithout, skip as withoutDig } from '../testing/dig.ts';
import { freePort } from '../testing/free-port.ts';
import { log } from '../testing/listening.ts';

const skip = withoutDig || skipWithout('nsd', 'nsd');

const zone = `$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www AAAA 2001:db8::1
alias CNAME www
*.wild TXT "anything"
odd TYPE65280 \\# 3 010203
${Array.from({ length: 200 }, (_, i) => `many A 10.0.${i >> 8}.${i & 255}`).join('\n')}
`;

let folder: string;
let ports: { dns: number; tls: number };
let stop: () => Promise<unknown>;

before(async () => {
  if (skip) return;
  folder = await mkdtemp(join(tmpdir(), 'dns-nsd-'));
  const ca = await CertificateAuthority.create('test');
  const { cert, key } = await ca.issue({ commonName: 'nsd', names: ['nsd.example'] });
  ports = { dns: await freePort(), tls: await freePort() };
  // Debian's default would leave most of one client's queries without an answer (rrl).
  const config = `server:
  server-count: 1
  rrl-ratelimit: 0
  ip-address: 127.0.0.1@${ports.dns}
  ip-address: 127.0.0.1@${ports.tls}
  tls-port: ${ports.tls}
  tls-service-key: "${folder}/key.pem"
  tls-service-pem: "${folder}/cert.pem"
  username: ""
  zonesdir: "${folder}"
  pidfile: ""
  database: ""
  logfile: "${folder}/log"
  xfrdfile: "${folder}/xfrd"
  xfrdir: "${folder}"
  zonelistfile: "${folder}/zones"
remote-control:
  control-enable: no
zone:
  name: "example"
  zonefile: "zone"
`;
  const files = { zone, 'nsd.conf': config, 'key.pem': key, 'cert.pem': cert, 'ca.pem': ca.pair.cert };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  const nsd = spawn('nsd', ['-d', '-c', join(folder, 'nsd.conf')], { stdio: 'ignore' });
  stop = () => {
    nsd.kill();
    return once(nsd, 'exit');
  };
  await Promise.all(Object.values(ports).map(listened));
});
after(async () => {
  if (skip) return;
  await stop();
  await rm(folder, { recursive: true });
});

async function listened(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      once(socket, 'close').then(() => false),
    ]);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ways: [name: string, forward: () => string][] = [
  ['as the client asks', () => `forward . 127.0.0.1:${ports.dns}`],
  ['by TCP', () => `forward . 127.0.0.1:${ports.dns} {\n force_tcp\n}`],
  ['by UDP where that will do', () => `forward . 127.0.0.1:${ports.dns} {\n prefer_udp\n}`],
  ['by TLS', () => `forward . tls://127.0.0.1%nsd.example:${ports.tls} {\n tls ${folder}/ca.pem\n}`],
];

for (const [name, forward] of ways) {
  test(`NSD asked ${name}`, { skip }, async (t) => {
    const port = await freePort();
    const settings = await corefile(`.:${port} {\n bind 127.0.0.1\n ${forward()}\n}\n`);
    const server = new DnsServer({ connect: () => Promise.reject(new Error('no cluster here')), log }, settings);
    t.after(() => server.close());
    await server.start();
    const cases: [args: string, want: RegExp][] = [
      ['www.example', /^NOERROR qr aa rd; .*\nwww\.example\. 300 IN A 192\.0\.2\.1$/m],
      ['WwW.eXample AAAA', /^NOERROR qr aa rd; .*\nWwW\.eXample\. 300 IN AAAA 2001:db8::1$/m],
      ['alias.example', /\nalias\.example\. 300 IN CNAME www\.example\.\nwww\.example\. 300 IN A 192\.0\.2\.1$/m],
      ['none.example', /^NXDOMAIN qr aa rd; .*\nexample\. \d+ IN SOA ns\.example\. /m],
      ['www.example TXT', /^NOERROR qr aa rd; .* ANSWER: 0, .*\nexample\. \d+ IN SOA ns\.example\. /m],
      ['x.y.wild.example TXT', /\nx\.y\.wild\.example\. 300 IN TXT "anything"$/m],
      ['odd.example TYPE65280', /\nodd\.example\. 300 IN TYPE65280 \\# 3 010203$/m],
      ['www.example +dnssec', /^NOERROR qr aa rd; /],
      ['other.test', /^REFUSED qr rd; /],
    ];
    for (const [args, want] of cases) {
      for (const transport of ['+notcp', '+tcp']) {
        assert.match(await ask(port, ...args.split(' '), transport), want, `${args} ${transport}`);
      }
    }
    const many = async (...args: string[]) =>
      /^\S+ (.*?); QUERY: 1, ANSWER: (\d+)/.exec(await ask(port, 'many.example', ...args));
    const [, flags, count] = (await many('+ignore', '+bufsize=1232')) ?? [];
    assert.match(flags ?? '', / tc /);
    assert.ok(Number(count) < 100);
    assert.deepEqual((await many('+tcp'))?.slice(1), ['qr aa rd', '200']);
  });
}
