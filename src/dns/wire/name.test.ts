import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from './format-error.ts';
import { formatName, fromLabels, isWithin, keyOf, labelsOf, parseName } from './name.ts';

test('names go from zone-file text to octets and back', () => {
  const cases: [text: string, labels: string[], printed?: string][] = [
    ['.', []],
    ['web.default.svc.cluster.local.', ['web', 'default', 'svc', 'cluster', 'local']],
    ['web', ['web'], 'web.'],
    ['a\\.b.c.', ['a.b', 'c']],
    ['a\\\\b.', ['a\\b']],
    ['\\000\\255.', ['\0\xff']],
    ['_http._tcp.', ['_http', '_tcp']],
    ['a\\.', ['a.'], 'a\\..'],
  ];
  for (const [text, labels, printed = text] of cases) {
    assert.deepEqual(labelsOf(parseName(text)), labels, text);
    assert.equal(formatName(parseName(text)), printed);
  }
});

test('text that is no domain name is refused', () => {
  for (const text of ['', '..', 'a..b', '.a', 'a\\', '\\256', 'x'.repeat(64), Array(128).fill('a').join('.'), 'ü€']) {
    assert.throws(() => parseName(text), FormatError, text);
  }
  assert.equal(parseName(Array(127).fill('a').join('.')).length, 254);
});

test('keys ignore the case of ASCII letters only', () => {
  assert.equal(keyOf(parseName('WeB.Default')), parseName('web.default'));
  assert.notEqual(keyOf('\x01\xc0'), keyOf('\x01\xe0'));
  // A label of 65 octets cannot exist, so no length octet is ever taken for the letter A.
  assert.equal(fromLabels(['A'.repeat(65)]), undefined);
});

test('a zone contains what lies below it, label by label', () => {
  const zone = parseName('cluster.local');
  assert.ok(isWithin(parseName('cluster.local'), zone));
  assert.ok(isWithin(parseName('a.cluster.local'), zone));
  assert.ok(!isWithin(parseName('acluster.local'), zone));
  assert.ok(!isWithin(parseName('a\\007cluster\\005local'), zone));
  assert.ok(isWithin(parseName('anything'), ''));
});
