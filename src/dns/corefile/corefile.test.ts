// Corefile text → blocks, printed as one line a statement: `LINE NAME ARGS…`, properties indented.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { outline } from '../testing/outline.ts';
import { CorefileError, readCorefile, type Statement } from './index.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corefile-'));
});
after(() => rm(folder, { recursive: true }));

type Files = Readonly<Record<string, string>>;
const env = { ZONE: 'example.org', UPSTREAM: '192.0.2.1 192.0.2.2', NESTED: '{$ZONE}' };

/** Of `Corefile` among the files, each in a folder of its own for the test. */
async function read(files: Files | string) {
  const home = await mkdtemp(join(folder, 'case-'));
  for (const [name, text] of Object.entries(typeof files === 'string' ? { Corefile: files } : files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
  }
  try {
    return await readCorefile(join(home, 'Corefile'), env);
  } catch (error) {
    if (error instanceof CorefileError) error.message = error.message.replaceAll(`${home}/`, '');
    throw error;
  }
}

const words = (texts: readonly string[]): string =>
  texts.map((text) => (/^[^\s{}"]+$/.test(text) ? text : JSON.stringify(text))).join(' ');
const print = ({ name, args, block, line }: Statement, indent = '  '): string[] => [
  `${indent}${line} ${words([name, ...args])}${block ? ' {' : ''}`,
  ...(block ?? []).flatMap((property) => print(property, `${indent}  `)),
];
const printed = async (files: Files | string): Promise<string> =>
  (await read(files)).blocks
    .flatMap(({ keys, directives, line }) => [
      `${line} ${words(keys.map(({ text }) => text))}`,
      ...directives.flatMap((directive) => print(directive)),
    ])
    .join('\n');

const table: readonly { readonly name: string; readonly files: Files | string; readonly want: string }[] = [
  {
    name: 'directives and properties have the lines they stand on',
    files: '.:53 {\n  errors\n  health {\n    lameduck 5s\n  }\n}\nexample.org {\n  forward . 192.0.2.1\n}\n',
    want: `
      1 .:53
        2 errors
        3 health {
          4 lameduck 5s
      7 example.org
        8 forward . 192.0.2.1
    `,
  },
  {
    name: 'comments end words, wherever they begin, and reach to the end of the line',
    files: '# first\n. { # of all { \n  errors#what else here\n  log # a "quote\n}\n',
    want: `
      2 .
        3 errors
        4 log
    `,
  },
  {
    name: 'quotes keep spaces, comments, braces and line breaks; only quotes are escaped',
    files: '. {\n  log "a # {b}" "c\\"d\\e"\n  a "{"\n  b "one\ntwo" three\n  c "" d\n}\n',
    want: `
      1 .
        2 log "a # {b}" "c\\"d\\\\e"
        3 a "{"
        4 b "one\\ntwo" three
        6 c "" d
    `,
  },
  {
    name: 'a quote inside a word is a character',
    files: '. {\n  a b"c d"\n}\n',
    want: `
      1 .
        2 a "b\\"c" "d\\""
    `,
  },
  {
    name: 'a byte order mark and carriage returns are nothing',
    files: '\uFEFF. {\r\n  errors\r\n}\r\n',
    want: `
      1 .
        2 errors
    `,
  },
  {
    name: 'keys stand beside each other, with commas or without, and go on after a comma in the next line',
    files: 'a.test b.test, c.test,\nd.test {\n  errors\n}\n',
    want: `
      1 a.test b.test c.test d.test
        3 errors
    `,
  },
  {
    name: 'the brace of a server block may open in the next line',
    files: 'a.test\n{\n  errors\n}\nb.test {\n}\n',
    want: `
      1 a.test
        3 errors
      5 b.test
    `,
  },
  {
    name: 'without braces everything belongs to the only block',
    files: '.:53\nerrors\ncache 30 {\n  keepttl\n}\n',
    want: `
      1 .:53
        2 errors
        3 cache 30 {
          4 keepttl
    `,
  },
  { name: 'keys alone are a block', files: '.:53', want: '\n1 .:53\n' },
  {
    name: 'a block may be in one line',
    files: '. { errors }\na.test { errors { stacktrace }\n log }',
    want: `
      1 .
        1 errors
      2 a.test
        2 errors {
          2 stacktrace
        3 log
    `,
  },
  {
    name: 'environment variables are put into words, and do not make words',
    files: '{$ZONE}:{%PORT%}53 {\n  forward . {$UPSTREAM} "{%ZONE%}." x{$UNSET}y {$NESTED} {$ {%\n}\n',
    want: `
      1 example.org:53
        2 forward . "192.0.2.1 192.0.2.2" example.org. xy "{$ZONE}" "{$" "{%"
    `,
  },
  {
    name: 'a snippet is put in the place of its import, again and again, with its own lines',
    files:
      '(common) {\n  errors\n  log\n}\n(more) {\n  import common\n  loop\n}\na.test {\n  import more\n}\nb.test {\n  import common\n}\n',
    want: `
      9 a.test
        2 errors
        3 log
        7 loop
      12 b.test
        2 errors
        3 log
    `,
  },
  {
    name: 'properties are imported, too',
    files:
      '(zones) {\n  fallthrough in-addr.arpa\n}\n. {\n  kubernetes {\n    pods insecure\n    import zones\n    ttl 30\n  }\n}\n',
    want: `
      4 .
        5 kubernetes {
          6 pods insecure
          2 fallthrough in-addr.arpa
          8 ttl 30
    `,
  },
  {
    name: 'files are found from the file that imports them; a pattern takes all in order, or none',
    files: {
      Corefile:
        '.:53 {\n  errors\n  import custom/*.override\n  import missing/*.override\n  loop\n}\nimport custom/?.server\n',
      'custom/b.override': 'log\n',
      'custom/a.override': 'import nested/hosts.conf\nreload',
      'custom/.hidden.override': 'whoami\n',
      'custom/nested/hosts.conf': 'hosts {\n  192.0.2.1 a.test\n}\n',
      'custom/a.server': 'a.test {\n  log\n}\nb.test {\n}\n',
    },
    want: `
      1 .:53
        2 errors
        1 hosts {
          2 192.0.2.1 a.test
        2 reload
        1 log
        5 loop
      1 a.test
        2 log
      4 b.test
    `,
  },
  {
    name: 'a file may define snippets for those after it, and be a part of a block',
    files: {
      Corefile: 'import snippets\nimport keys\n{\n  import logging\n}\n',
      snippets: '(logging) { log }\n',
      keys: 'a.test b.test\n',
    },
    want: `
      1 a.test b.test
        1 log
    `,
  },
  {
    name: 'import is a word like others where no line begins',
    files: '. {\n  a import\n  b "import"\n}',
    want: '\n1 .\n  2 a import\n  3 b import\n',
  },
  { name: 'nothing is no block', files: '# nothing\n', want: '\n\n' },
];

for (const { name, files, want } of table) {
  test(`Corefile: ${name}`, async () => assert.equal(await printed(files), outline(want)));
}

const errors: readonly (readonly [files: Files | string, want: string])[] = [
  ['. {\n  log "never\n  closed\n}\n', 'Corefile:2: the quote that begins here is not closed'],
  ['. {\n  errors\n', 'Corefile:1: the block that begins here is not closed: "}" is missing'],
  ['. {\n  health {\n    lameduck 5s\n}\n', 'Corefile:1: the block that begins here is not closed: "}" is missing'],
  ['. {\n}\n}\n', 'Corefile:3: "}" closes nothing'],
  ['.:53\nerrors\n}\n', 'Corefile:3: "}" closes nothing'],
  ['{\n  errors\n}\n', 'Corefile:1: a zone is missing before "{": the root zone is "."'],
  ['. {\n  errors\n  {\n    stacktrace\n  }\n}\n', 'Corefile:3: "{" belongs at the end of the line before it'],
  ['a.test,\n', 'Corefile:1: a comma promises another zone: "a.test,"'],
  ['a.test, {\n}\n', 'Corefile:1: a zone is missing before "{": the root zone is "."'],
  [`. {\n${'a {\n'.repeat(20)}${'}\n'.repeat(20)}}\n`, 'Corefile:10: blocks are nested more than 8 deep'],
  ['(a) {\n  log\n}\n\n(a) {\n}\n', 'Corefile:5: snippet (a) is defined already: Corefile:1'],
  ['. {\n}\n(a) {\n  log {\n  }\n', 'Corefile:3: snippet (a) is not closed: "}" is missing'],
  ['. {\n  import\n}\n', 'Corefile:2: import needs one argument: a snippet, a file or a pattern'],
  ['. {\n  import a b\n}\n', 'Corefile:2: import needs one argument: a snippet, a file or a pattern'],
  ['. {\n  import {$UNSET}\n}\n', 'Corefile:2: import needs one argument: a snippet, a file or a pattern'],
  ['. {\n\n  import lost\n}\n', 'Corefile:3: cannot read lost: there is no such file'],
  ['. {\n  import */*.conf\n}\n', 'Corefile:2: import "*/*.conf": a pattern may have one "*" and one "?"'],
  [{ Corefile: 'import a', a: '\n. {\n' }, 'a:2: the block that begins here is not closed: "}" is missing'],
  [
    { Corefile: '\nimport a', a: 'import b', b: '\nimport a' },
    'a:1: imports lead more than 32 deep: do they go in a circle?',
  ],
  ['(a) {\n  import a\n}\n. {\n  import a\n}\n', 'Corefile:2: imports lead more than 32 deep: do they go in a circle?'],
  [
    `(a) {\n${'  b c d\n'.repeat(1000)}}\n. {\n${'  import a\n'.repeat(50)}}\n`,
    'Corefile:334: with its imports it has more than 100000 words',
  ],
  [`(a) {\n}\n. {\n${'  import a\n'.repeat(1001)}}\n`, 'Corefile:1004: there are more than 1000 imports in all'],
  ['#'.repeat(1 << 21), 'Corefile:1: Corefile is larger than 1 MiB'],
];

for (const [files, want] of errors) {
  test(`Corefile: ${want}`, async () => {
    await assert.rejects(read(files), { name: 'CorefileError', message: want });
  });
}

test('a Corefile that is not there is an error of its own', async () => {
  await assert.rejects(readCorefile('/nowhere/Corefile', {}), {
    message: '/nowhere/Corefile:1: cannot read /nowhere/Corefile: there is no such file',
  });
});

test('the digest follows words, imported ones too, and nothing else', async () => {
  const digest = async (files: Files | string) => (await read(files)).digest;
  const same = await digest('. {\n  log a\n}\n');
  assert.equal(await digest('# comment\n.   {\n  log a # here\n\n}\n'), same);
  assert.equal(await digest({ Corefile: '. {\n import a\n}', a: 'log a' }), same);
  for (const text of ['. {\n  log b\n}', '. {\n  log\n  a\n}', '. {\n  loga\n}', '. {\n  log "a" {\n  }\n}']) {
    assert.notEqual(await digest(text), same, text);
  }
});

test('no text brings anything but blocks or a CorefileError, and each soon', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '\n',
    ' ',
    '"',
    '\\',
    '#',
    ',',
    '{$',
    '{%',
    '%}',
    '(a)',
    'import',
    'import a',
    '.',
    'x',
    '\r',
    '\0',
    '\u2028',
  );
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      await read(text).catch((error) => {
        if (!(error instanceof CorefileError)) throw error;
        for (const problem of error.problems) assert.match(problem, /Corefile:\d+: /);
      });
    }),
    { numRuns: 500 },
  );
});

test('a megabyte of one thing is read without overflow', async () => {
  for (const unit of ['"', '"\\', 'a', '{', 'a {\n', '}', '{$', '{%', '# ', ', ', '\\"', 'import a\n', '(a) {']) {
    const text = unit.repeat((1 << 20) / unit.length);
    await read(text).catch((error) => assert.ok(error instanceof CorefileError, `${unit}: ${error}`));
  }
});
