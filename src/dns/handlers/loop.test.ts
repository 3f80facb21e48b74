// Loops of forwarding, real ones on loopback; and when it is looked for them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ManualClock } from '#lib/manual-clock.ts';
import type { UserError } from '#lib/user-error.ts';
import { Chain } from '../chain.ts';
import type { Handler, Request } from '../handler.ts';
import { Lookup } from '../lookup.ts';
import { Routes } from '../routes.ts';
import { DnsServer } from '../server.ts';
import { corefile } from '../testing/corefile.ts';
import { freePort } from '../testing/free-port.ts';
import { log } from '../testing/listening.ts';
import { honest, until, upstream } from '../testing/upstream.ts';
import { formatName, nothing, type Query, Rcode, Type, writeResponse } from '../wire/index.ts';
import { LoopHandler } from './loop.ts';

async function serve(t: TestContext, text: string): Promise<{ found: Promise<UserError> }> {
  const found = Promise.withResolvers<UserError>();
  const parts = { connect: () => Promise.reject(new Error('no cluster here')), log, onLoop: found.resolve };
  const server = new DnsServer(parts, await corefile(text));
  t.after(() => server.close());
  await server.start();
  return { found: found.promise };
}

describe('a loop', () => {
  test('to itself ends the process with a message for people', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'dns-loop-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'Corefile');
    const port = await freePort();
    await writeFile(file, `.:${port} {\n bind 127.0.0.1\n loop\n cache\n forward . 127.0.0.1:${port}\n}\n`);
    const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
    const server = spawn(process.execPath, [main, 'dns', '--corefile', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    t.after(() => server.kill());
    const [message, [code]] = await Promise.all([text(server.stderr), once(server, 'exit')]);
    assert.equal(code, 1);
    assert.match(message, /^Queries for \. that are forwarded come back: "HINFO \d+\.\d+\.", which only this/m);
    assert.match(message, new RegExp(`sent to 127\\.0\\.0\\.1:${port} and asked of us again by 127\\.0\\.0\\.1\\.`));
    assert.match(
      message,
      new RegExp(`Most likely 127\\.0\\.0\\.1:${port} leads back here: an address of this machine`),
    );
    assert.match(message, /--resolv-conf.*\/run\/systemd\/resolve\/resolv\.conf/);
  });

  test('through another server is found; of several servers the local one is named', async (t) => {
    const [own, other] = [await freePort(), await freePort()];
    await serve(t, `.:${other} {\n bind 127.0.0.1\n forward . 127.0.0.1:${own}\n}`);
    const { found } = await serve(
      t,
      `example.org:${own} {
        bind 127.0.0.1
        loop
        forward . 127.0.0.1:${other} 192.0.2.1 {
          policy sequential
        }
      }`,
    );
    const { message } = await found;
    assert.match(message, /^Queries for example\.org\. that are forwarded .* "HINFO \d+\.\d+\.example\.org\."/);
    assert.match(message, new RegExp(`was sent to 127\\.0\\.0\\.1:${other}, 192\\.0\\.2\\.1:53 and`));
    assert.match(message, new RegExp(`Most likely 127\\.0\\.0\\.1:${other} leads back`));
  });
});

test('the probe is one HINFO question for a name that cannot be guessed', async (t) => {
  const server = await upstream(t, honest());
  const port = await freePort();
  await serve(t, `.:${port} {\n bind 127.0.0.1\n loop\n forward . 127.0.0.1:${server.port}\n}`);
  await until(() => server.asked.length > 0);
  const { question } = server.asked[0]?.query ?? {};
  assert.equal(question?.type, Type.HINFO);
  assert.match(formatName(question?.name ?? ''), /^\d{10,20}\.\d{10,20}\.$/);
});

describe('it is looked for', () => {
  /** A chain with the handler in front of one that answers with an rcode. */
  async function looking(t: TestContext, rcode: () => number) {
    const clock = new ManualClock();
    const asked: Query[] = [];
    const loops: UserError[] = [];
    const last: Handler = {
      name: 'last',
      handle: ({ query, limit }) => {
        asked.push(query);
        return writeResponse(query, rcode(), 0, nothing, limit);
      },
    };
    const lookup = new Lookup(() => routes);
    const parts = { lookup, upstreams: () => ['192.0.2.1:53'], onLoop: (error: UserError) => loops.push(error), clock };
    const handler = new LoopHandler({ zone: '' }, parts);
    const routes = new Routes([new Chain('', [handler, last])]);
    const stop = new AbortController();
    t.after(() => stop.abort());
    await handler.start(stop.signal);
    /** The probe, as if it came back. */
    const comeBack = () => {
      const client = { address: '192.0.2.7', port: 1053 };
      const request: Request = { query: asked[0] as Query, client, isTcp: false, limit: 512, depth: 0 };
      return handler.handle(request);
    };
    const second = async () => {
      await until(() => clock.sleepers > 0);
      clock.advance(1000);
    };
    return { asked, loops, comeBack, second, clock };
  }

  test('once when there is an answer, and no more two seconds later', async (t) => {
    const { asked, loops, comeBack, second, clock } = await looking(t, () => Rcode.NXDOMAIN);
    assert.equal(asked.length, 0);
    await second();
    await until(() => asked.length === 1);
    assert.ok(comeBack());
    assert.equal(loops.length, 1);
    await until(() => clock.sleepers > 0);
    clock.advance(2000);
    await until(() => comeBack() === undefined);
    assert.equal(asked.length, 1);
  });

  test('each second while there is none, for half a minute', async (t) => {
    const { asked, comeBack, second, clock } = await looking(t, () => Rcode.SERVFAIL);
    for (let i = 1; i <= 30; i++) {
      await second();
      await until(() => asked.length === i);
    }
    await until(() => clock.sleepers > 0);
    clock.advance(2000);
    await until(() => comeBack() === undefined);
    assert.equal(asked.length, 30);
    assert.equal(new Set(asked.map(({ key }) => key)).size, 1);
  });
});
