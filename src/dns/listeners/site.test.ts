// tls:// and https:// of a Corefile: a server that is asked by them, and asks another one by them, with kdig and dig.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { CertificateAuthority } from '#cluster/pki.ts';
import { DnsServer } from '../server.ts';
import { corefile } from '../testing/corefile.ts';
import { ask, skip as withoutDig } from '../testing/dig.ts';
import { freePort } from '../testing/free-port.ts';
import { kdig, skip as withoutKdig } from '../testing/kdig.ts';
import { log } from '../testing/listening.ts';

const skip = withoutDig || withoutKdig;
let ca: CertificateAuthority;
let folder: string;

async function issue(name: string, commonName: string): Promise<void> {
  const { cert, key } = await ca.issue({ commonName, names: ['dns.example'] });
  await writeFile(join(folder, `${name}.crt`), cert);
  await writeFile(join(folder, `${name}.key`), key);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dns-site-'));
  ca = await CertificateAuthority.create('test');
  await writeFile(join(folder, 'ca.crt'), ca.pair.cert);
  await Promise.all([issue('first', 'first'), issue('second', 'second')]);
});
after(() => rm(folder, { recursive: true }));

async function serve(t: TestContext, text: string): Promise<DnsServer> {
  const server = new DnsServer(
    { connect: () => Promise.reject(new Error('no cluster here')), log },
    await corefile(text),
  );
  t.after(() => server.close());
  await server.start();
  return server;
}

const secure = (transport: string, port: number, certificate: string, address: string): string => `
${transport}://.:${port} {
  bind 127.0.0.1
  root ${folder}
  tls ${certificate}.crt ${certificate}.key
  hosts /nonexistent {
    ${address} www.example
  }
}
`;

for (const transport of ['tls', 'https']) {
  describe(`${transport}://`, () => {
    test('is served, and is where another block forwards to', { skip }, async (t) => {
      const [plain, own] = [await freePort(), await freePort()];
      await serve(
        t,
        `${secure(transport, own, 'first', '192.0.2.7')}
        .:${plain} {
          bind 127.0.0.1
          forward . ${transport}://127.0.0.1:${own} {
            tls ${folder}/ca.crt
            tls_servername dns.example
          }
        }`,
      );
      const direct = [`+${transport}`, `+tls-ca=${folder}/ca.crt`, '+tls-hostname=dns.example'];
      const answer = 'www.example. 3600 IN A 192.0.2.7';
      assert.equal(await kdig(own, ...direct, 'www.example'), `NOERROR qr aa rd\n${answer}`);
      for (const by of ['+notcp', '+tcp']) {
        assert.match(await ask(plain, 'www.example', by), new RegExp(`^NOERROR qr aa rd; .*\n${answer}$`));
      }
    });

    test('goes on over a reload, with another certificate for those who come then', { skip }, async (t) => {
      const port = await freePort();
      const server = await serve(t, secure(transport, port, 'first', '192.0.2.7'));
      const connected = async () => {
        const socket = connectTls({ port, host: '127.0.0.1', ca: ca.pair.cert, servername: 'dns.example' });
        t.after(() => socket.destroy());
        await once(socket, 'secureConnect');
        return socket;
      };
      const before = await connected();
      await server.reload(await corefile(secure(transport, port, 'second', '192.0.2.8')));
      const later = await connected();
      assert.deepEqual(
        [before, later].map((socket) => socket.getPeerCertificate().subject.CN),
        ['first', 'second'],
      );
      assert.equal(before.destroyed, false);
      const args = [`+${transport}`, `+tls-ca=${folder}/ca.crt`, '+tls-hostname=dns.example', 'www.example'];
      assert.match(await kdig(port, ...args), /192\.0\.2\.8$/);
    });

    test('whose certificate cannot be read is an error at the start, and at a reload', async (t) => {
      const port = await freePort();
      const broken = secure(transport, port, 'none', '192.0.2.7');
      const want = { name: 'UserError', message: /Cannot serve TLS with .*none\.crt, .*none\.key: ENOENT/ };
      await assert.rejects(serve(t, broken), want);
      const server = await serve(t, secure(transport, port, 'first', '192.0.2.7'));
      await assert.rejects(server.reload(await corefile(broken)), want);
      assert.deepEqual(server.addresses, [{ host: '127.0.0.1', port, transport }]);
    });
  });
}
