import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handled } from '../handler.ts';
import { packet, printed } from '../testing/cluster.ts';
import { encodeMessage, readQuery } from '../wire/index.ts';
import { Cancelled } from './cancel.ts';

test('an answer that does not come in time is SERVFAIL', async () => {
  const query = readQuery(encodeMessage(packet('www.example A')));
  assert.ok(query && typeof query === 'object');
  const silent = { name: 'forward', handle: () => new Promise<Handled>(() => {}) };
  const client = { address: '192.0.2.1', port: 5353 };
  const handled = await new Cancelled(silent, 5).handle({ query, client, isTcp: false, limit: 512, depth: 0 });
  assert.ok(handled instanceof Uint8Array);
  assert.equal(printed(handled), 'SERVFAIL qr rd');
});
