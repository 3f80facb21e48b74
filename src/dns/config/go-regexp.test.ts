import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGoRegExp, groupsOf } from './go-regexp.ts';

test('what Go writes matches what Go matches', () => {
  const table: readonly (readonly [pattern: string, matching: string, not: string])[] = [
    ['(.*)-(us-west-1)\\.example\\.org', 'ftp-us-west-1.example.org.', 'ftp.us-west-1.example.org.'],
    ['^a\\-b\\_c\\:d$', 'a-b_c:d', 'a\\-b'],
    ['[a\\-z]+$', '-', 'b'],
    ['(?i)^ABC$', 'abc', 'ab'],
    ['(?is)^a.b$', 'A\nB', 'AB'],
    ['(?P<name>x)y', 'xy', 'x'],
    ['\\Aab\\z', 'ab', 'abc'],
    ['^\\d{2,}\\.$', '12.', '1.'],
    ['^\\pL+$', 'é', '1'],
    ['^\\"\\/$', '"/', '/'],
  ];
  for (const [pattern, matching, not] of table) {
    assert.match(matching, compileGoRegExp(pattern), pattern);
    assert.doesNotMatch(not, compileGoRegExp(pattern), pattern);
  }
});

test('what JavaScript would read as something else is refused', () => {
  for (const pattern of ['[[:alpha:]]', '\\Qa.b\\E', '(', 'a**', '\\C', 'x'.repeat(10_001)]) {
    assert.throws(() => compileGoRegExp(pattern), Error, pattern.slice(0, 20));
  }
});

test('groups are counted, those of alternatives too', () => {
  for (const [pattern, count] of [
    ['a', 0],
    ['(a)(b)', 2],
    ['(?:a)|(b(c))', 2],
    ['(?P<x>a)', 1],
  ] as const) {
    assert.equal(groupsOf(compileGoRegExp(pattern)), count, pattern);
  }
});
