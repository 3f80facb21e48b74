// Thousands of hostile packets to everything that reads one (README.md). FUZZ_REQUESTS and FUZZ_SEED make a run longer, or
// another one, or the same again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createLogger } from '#lib/log.ts';
import { Servers } from '../tables/servers.testing.ts';
import { writeReply } from '../upstream/relay.ts';
import { FormatError, isReplyTo, readQuery, shuffleAddresses } from '../wire/index.ts';
import { clusterAlone, everything } from './configurations.testing.ts';
import { check, kindOf } from './oracle.testing.ts';
import { packets, replies } from './packets.testing.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const numRuns = Number(process.env.FUZZ_REQUESTS ?? 3_000);
/** Long runs take their time. */
const timeout = Math.max(120_000, numRuns * 25);
const run = { seed, numRuns };
const client = { address: '10.244.1.5', port: 5353 };

describe(`a fuzz run of ${numRuns} packets each, seed ${seed}`, () => {
  for (const [name, corefile] of Object.entries({ everything, 'the cluster alone': clusterAlone })) {
    test(`every answer of ${name} is a message that fits its question, or silence`, { timeout }, async (t) => {
      const faults: string[] = [];
      const log = createLogger('dns', 'error', (line) => faults.push(line));
      const servers = await Servers.start(t, log);
      const { responder } = await servers.of({ corefile, isSynced: true });
      const kinds = new Map<string, number>();
      const property = fc.asyncProperty(packets, fc.boolean(), async (packet, isTcp) => {
        // A handler may keep the packet, but not change it.
        const before = Buffer.from(packet);
        const response = await responder.respond(packet, client, isTcp);
        check(packet, response, isTcp);
        assert.ok(before.equals(packet), before.toString('hex'));
        const kind = kindOf(response);
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      });
      await fc.assert(property, run);
      assert.deepEqual(faults, []);
      t.diagnostic([...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '));
      // Who is only refused has tried nothing.
      const wanted = ['data', 'NODATA', 'NXDOMAIN', 'FORMERR', 'NOTIMP', 'REFUSED', 'BADVERS', 'silence'];
      assert.deepEqual(
        wanted.filter((kind) => (kinds.get(kind) ?? 0) < numRuns / 500),
        [],
      );
    });
  }

  test('what another server says becomes a message for our client, whatever it is', { timeout }, () => {
    fc.assert(
      fc.property(packets, replies, fc.boolean(), (packet, reply, isTcp) => {
        const query = readQuery(packet);
        if (typeof query !== 'object' || reply.length < 12) return;
        isReplyTo(reply, packet, query.questionEnd);
        const limit = isTcp ? 65_535 : 512;
        const response = writeReply(query, reply, isTcp, limit);
        assert.ok(response.length <= limit);
        assert.equal(response.readUInt16BE(0), packet.readUInt16BE(0));
        try {
          shuffleAddresses(response, () => true);
        } catch (error) {
          assert.ok(error instanceof FormatError);
        }
      }),
      run,
    );
  });
});
