// The query log and the log of errors of a running server, asked by dig and by sockets.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { dnsProcess } from '../process.testing.ts';
import { DnsServer } from '../server.ts';
import { packet } from '../testing/cluster.ts';
import { corefile } from '../testing/corefile.ts';
import { ask, skip } from '../testing/dig.ts';
import { log } from '../testing/listening.ts';
import { encodeMessage } from '../wire/index.ts';

/** With what it writes: lines, whatever differs from run to run taken out. */
async function started(t: TestContext, text: string) {
  const out = new PassThrough();
  let written = '';
  out.on('data', (chunk) => {
    written += chunk;
  });
  const server = new DnsServer({ connect: () => Promise.reject(), log, out }, await corefile(text));
  t.after(() => server.close());
  await server.start();
  const port = server.addresses[0]?.port ?? 0;
  return {
    ask: (args: string) => ask(port, ...args.split(' ')),
    lines: async () => {
      await server.close();
      await new Promise(setImmediate);
      return written
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace(/:\d+ - \d+ /, ':PORT - ID ').replace(/ 0(\.\d{1,9})?s/, ' DURATION'));
    },
  };
}

const hosts = 'hosts /dev/null {\n 192.0.2.1 www.example.org\n fd00::1 six.example.org\n}';

test('a line for each query, in the form that CoreDNS writes', { skip }, async (t) => {
  const { ask, lines } = await started(t, `example.org:0 {\n log\n ${hosts}\n}`);
  await ask('@127.0.0.1 WWW.example.org A');
  await ask('@127.0.0.1 www.example.org A +noedns +norecurse +cdflag');
  await ask('@::1 six.example.org AAAA +tcp +dnssec +bufsize=4096');
  await ask('@127.0.0.1 gone.example.org HTTPS +noedns');
  await ask('@127.0.0.1 www.example.org TYPE65280 +noedns');
  // No server block's: told by metrics alone.
  await ask('@127.0.0.1 www.example.com A');
  assert.deepEqual(await lines(), [
    '[INFO] 127.0.0.1:PORT - ID "A IN www.example.org. udp 44 false 1232" NOERROR qr,aa,rd 60 DURATION',
    '[INFO] 127.0.0.1:PORT - ID "A IN www.example.org. udp 33 false 512" NOERROR qr,aa,cd 49 DURATION',
    '[INFO] [::1]:PORT - ID "AAAA IN six.example.org. tcp 44 true 65535" NOERROR qr,aa,rd 72 DURATION',
    '[INFO] 127.0.0.1:PORT - ID "HTTPS IN gone.example.org. udp 34 false 512" SERVFAIL qr,rd 34 DURATION',
    '[INFO] 127.0.0.1:PORT - ID "TYPE65280 IN www.example.org. udp 33 false 512" NOERROR qr,aa,rd 33 DURATION',
  ]);
});

test('the first rule that is about the name decides, by class and with its format', { skip }, async (t) => {
  const { ask, lines } = await started(
    t,
    `example.org:0 {
      log quiet.example.org {
        class error
      }
      log . "{local} {name} {rcode} {>opcode} {/forward/upstream} {nonsense} {"
      ${hosts}
    }`,
  );
  await ask('www.example.org A');
  await ask('quiet.example.org A');
  await ask('www.example.org MX');
  assert.deepEqual(await lines(), [
    '[INFO] [::] www.example.org. NOERROR 0 - {nonsense} {',
    '[INFO] 127.0.0.1:PORT - ID "A IN quiet.example.org. udp 46 false 1232" SERVFAIL qr,rd 46 DURATION',
    '[INFO] [::] www.example.org. NOERROR 0 - {nonsense} {',
  ]);
});

test('errors says why there was no answer', { skip }, async (t) => {
  const silent = createSocket('udp4');
  t.after(() => silent.close());
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address();
  silent.on('message', (bytes, peer) => {
    // Another question's answer, whatever is asked.
    bytes.writeUInt16BE(0x8180, 2);
    bytes.writeUInt8(0x78, 13);
    silent.send(bytes, peer.port, peer.address);
  });
  const { ask, lines } = await started(
    t,
    `example.org:0 {
      errors
      forward . 127.0.0.1:${port}
    }
    example.net:0 {
      errors
      hosts /dev/null example.com
    }`,
  );
  await ask('WWW.example.org AAAA');
  await ask('www.example.net A');
  assert.deepEqual(await lines(), [
    `[ERROR] plugin/errors: 1 www.example.org. AAAA: 127.0.0.1:${port}: the reply is to another question`,
    '[ERROR] plugin/errors: 2 www.example.net. A: no directive of the server block has an answer',
  ]);
});

test('nobody reads the log: queries are answered all the same, and lines are dropped and counted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-dns-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'Corefile');
  const format = `{name} ${'x'.repeat(4000)}`;
  const block = `bind 127.0.0.1\nprometheus 127.0.0.1:0\nlog . "${format}"\n${hosts}`;
  await writeFile(file, `example.org:0 {\n${block}\n}\n`);
  const { address, endpoints } = await dnsProcess(t, ['--corefile', file], { stdout: 'pipe' });
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const query = encodeMessage(packet('www.example.org'));
  for (let i = 0; i < 2000; i++) {
    socket.send(query, address.port, address.host);
    await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  }
  const text = await (await fetch(`http://127.0.0.1:${endpoints[0]?.port}/metrics`)).text();
  const [, dropped] = /^portolan_dns_log_lines_dropped_total (\d+)$/m.exec(text) ?? [];
  assert.ok(
    Number(dropped) > 500,
    `${dropped} of 2000 lines of 4 kB, of which 1 MiB may wait here and as much in the stream`,
  );
});
