import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector } from './fields.ts';

test('a field selector is read term by term, escapes included', () => {
  const table: [string, ...[string, string, string][]][] = [
    [''],
    ['metadata.name=a', ['metadata.name', '=', 'a']],
    ['metadata.name==a,spec.clusterIP!=None', ['metadata.name', '=', 'a'], ['spec.clusterIP', '!=', 'None']],
    ['status.phase!=', ['status.phase', '!=', '']],
    ['reason=a\\,b\\=c\\\\', ['reason', '=', 'a,b=c\\']],
    [',type=x,', ['type', '=', 'x']],
  ];
  for (const [text, ...want] of table) {
    assert.deepEqual(
      parseFieldSelector(text),
      want.map(([field, op, value]) => ({ field, op, value })),
      text,
    );
  }
});

test('what is no field selector is a bad request', () => {
  for (const text of ['abc', 'a=b=c', 'a=b\\', 'a=\\x', '!a']) {
    assert.throws(() => parseFieldSelector(text), { code: 400, reason: 'BadRequest' }, text);
  }
});
