// What --healthz-bind-address and its like understand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '#lib/user-error.ts';
import { parseBindAddress } from './bind-address.ts';

test('parseBindAddress: an address with a port of either family; empty is none', () => {
  assert.deepEqual(parseBindAddress('--a', '0.0.0.0:10256'), { host: '0.0.0.0', port: 10256 });
  assert.deepEqual(parseBindAddress('--a', '[::]:10256'), { host: '::', port: 10256 });
  assert.equal(parseBindAddress('--a', ''), undefined);
  for (const wrong of [
    '10256',
    ':10256',
    'localhost:1',
    '::1:10256',
    '[1.2.3.4]:1',
    '1.2.3.4:65536',
    '1.2.3.4:',
    '[::1]',
  ]) {
    assert.throws(() => parseBindAddress('--a', wrong), UserError, wrong);
  }
});
