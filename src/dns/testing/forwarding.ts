// A server on loopback that is told what to do by a Corefile and forwards to another server there.

import type { TestContext } from 'node:test';
import { settingsOf } from '../config/testing/written.ts';
import type { Handler } from '../handler.ts';
import { DnsServer } from '../server.ts';
import { Flag, labelsOf, nothing, pack, Rcode, Type, writeResponse } from '../wire/index.ts';
import { emptyZones } from './cluster.ts';
import { ask } from './dig.ts';
import { listening, log } from './listening.ts';
import { record } from './replies.ts';
import { clusterResponder } from './responders.ts';

/** Answers everything below `example`, and counts the questions; `gone` does not exist, `large` has a hundred addresses. */
class Upstream implements Handler {
  readonly name = 'upstream';
  asked = 0;

  handle({ query, limit }: Parameters<Handler['handle']>[0]) {
    this.asked++;
    const flags = Flag.RA | (query.flags & Flag.AD);
    const [label] = labelsOf(query.key);
    const soa = { authority: [record('example 300 SOA 20')] };
    if (label === 'gone') return writeResponse(query, Rcode.NXDOMAIN, flags, pack(query.name, soa), limit);
    if (label === 'broken') return writeResponse(query, Rcode.SERVFAIL, flags, nothing, limit);
    if (query.type !== Type.A) return writeResponse(query, Rcode.NOERROR, flags, pack(query.name, soa), limit);
    const hosts = Array.from({ length: label === 'large' ? 100 : 1 }, (_, i) => `x 300 A 192.0.2.${i}`);
    const answer = hosts.map((text) => ({ ...record(text), name: query.name }));
    return writeResponse(query, Rcode.NOERROR, flags, pack(query.name, { answer }), limit);
  }
}

/** @param directives of the block of the root, without `forward`. */
export async function forwarding(t: TestContext, directives: string) {
  const upstream = new Upstream();
  const other = clusterResponder(emptyZones(), {
    handlers: () => [upstream],
    resolver: { resolve: () => ({ rcode: Rcode.REFUSED, reason: 'nobody is asked' }) },
  });
  const upstreamPort = await listening(t, other);
  const settings = await settingsFor(directives, upstreamPort);
  const server = new DnsServer({ connect: () => Promise.reject(new Error('no cluster here')), log }, settings);
  t.after(() => server.close());
  await server.start();
  const port = server.addresses[0]?.port ?? 0;
  return {
    upstream,
    ask: (...args: string[]) => ask(port, ...args),
    reload: async (other: string) => server.reload(await settingsFor(other, upstreamPort)),
  };
}

/** The kernel chooses the port. */
async function settingsFor(directives: string, upstreamPort: number) {
  const block = `. {\n bind 127.0.0.1\n ${directives}\n forward . 127.0.0.1:${upstreamPort}\n}`;
  const { servers } = await settingsOf(block);
  return { servers: servers.map((server) => ({ ...server, keys: server.keys.map((key) => ({ ...key, port: 0 })) })) };
}
