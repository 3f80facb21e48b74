import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMap, formatSelector, matchesMap, matchesSelector, parseLabelSelector } from './labels.ts';

const labels = { app: 'web', tier: 'front', 'example.com/n': '7', empty: '' };

test('a selector text matches labels', () => {
  const table: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=db', true],
    ['absent!=x', true],
    ['app in (db, web)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['absent notin (db)', true],
    ['absent in (db)', false],
    ['app', true],
    ['!app', false],
    ['! absent', true],
    ['example.com/n>6', true],
    ['example.com/n<7', false],
    ['app>6', false],
    ['empty=', true],
    ['empty in ()', true],
    ['app=web,tier in (front,back),!absent', true],
    ['app=web,tier=back', false],
    ['toString', false],
    ['in in (in)', false],
  ];
  for (const [text, want] of table) assert.equal(parseLabelSelector(text)(labels), want, text);
  assert.equal(parseLabelSelector('!a')(undefined), true);
});

test('what is no selector is a bad request that says why', () => {
  for (const text of [
    'a b',
    'a in',
    'a in (b',
    'a=b,',
    ',a',
    '=b',
    'a>x',
    '-a=b',
    'a=-b-',
    'a=b c',
    '!',
    'a(b)',
    'a/b/c',
  ]) {
    assert.throws(
      () => parseLabelSelector(text),
      { code: 400, message: /^(unable to parse requirement: |found ')/ },
      text,
    );
  }
});

test('a LabelSelector matches labels: none matches nothing, an empty one everything', () => {
  assert.equal(matchesSelector(undefined, labels), false);
  assert.equal(matchesSelector({}, labels), true);
  assert.equal(matchesSelector({ matchLabels: { app: 'web' } }, labels), true);
  assert.equal(matchesSelector({ matchLabels: { app: 'web' } }, undefined), false);
  const expression = (operator: string, values?: string[]) => ({
    matchExpressions: [{ key: 'app', operator, values }],
  });
  assert.equal(matchesSelector(expression('In', ['web']), labels), true);
  assert.equal(matchesSelector(expression('NotIn', ['web']), labels), false);
  assert.equal(matchesSelector(expression('Exists'), labels), true);
  assert.equal(matchesSelector(expression('DoesNotExist'), labels), false);
  assert.equal(matchesSelector(expression('Sometimes'), labels), false);
});

test('a map matches when all its pairs do', () => {
  assert.equal(matchesMap({ app: 'web', tier: 'front' }, labels), true);
  assert.equal(matchesMap({ app: 'db' }, labels), false);
  assert.equal(matchesMap({ app: 'web' }, undefined), false);
  assert.equal(matchesMap({}, undefined), true);
});

test('selectors print as text that can be read back', () => {
  const selector = {
    matchLabels: { z: '1', app: 'web' },
    matchExpressions: [
      { key: 'b', operator: 'In', values: ['y', 'x'] },
      { key: 'c', operator: 'Exists' },
      { key: 'd', operator: 'DoesNotExist' },
    ],
  };
  assert.equal(formatSelector(selector), 'app=web,b in (x,y),c,!d,z=1');
  assert.equal(parseLabelSelector(formatSelector(selector))({ z: '1', app: 'web', b: 'x', c: '' }), true);
  assert.equal(formatSelector(undefined), '');
  assert.equal(formatMap({ b: '2', a: '1' }), 'a=1,b=2');
  assert.equal(formatMap(undefined), '');
});
