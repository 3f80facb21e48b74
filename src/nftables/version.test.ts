// What is said where nft is missing, too old, or cannot be started.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { NftError, NftExec } from './index.ts';
import { isOldNft } from './version.ts';

const table = { family: 'ip', name: 'test' } as const;
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nft-'));
  await writeFile(join(directory, 'nft'), '#!/bin/sh\necho "nftables v0.9.8 (E.D.S.)"\n');
  await chmod(join(directory, 'nft'), 0o755);
});
after(() => rm(directory, { recursive: true }));

const cases: { name: string; prefix: () => string[]; want: RegExp }[] = [
  {
    name: 'an old nft',
    prefix: () => ['env', `PATH=${directory}`],
    want: /^cannot list nftables table ip test: nftables v0.9.8 \(E.D.S.\) is too old, 1.0.1 or later is needed$/,
  },
  {
    name: 'no nft behind a prefix',
    prefix: () => ['nsenter', `--net=/proc/${process.pid}/ns/net`, 'env', 'PATH=/nowhere'],
    want: /there is no program nft on this machine: install the package nftables, 1.0.1 or later$/,
  },
  {
    name: 'a prefix that is not there',
    prefix: () => ['nsenter-nowhere'],
    want: /there is no program nsenter-nowhere on this machine: install it$/,
  },
  {
    name: 'a namespace that is gone, which must not pass for a table that is',
    prefix: () => ['nsenter', '--net=/run/netns/nowhere'],
    want: /^cannot list nftables table ip test: nsenter: .*nowhere.*: No such file or directory$/,
  },
  {
    name: 'an nft that ends without a word',
    prefix: () => ['sh', '-c', 'exit 137'],
    want: /^cannot list nftables table ip test: nft ended with exit code 137 and gave no reason$/,
  },
];
for (const { name, prefix, want } of cases) {
  test(`${name} is told of`, async () => {
    await assert.rejects(new NftExec({ prefix: prefix() }).definition(table), (error: unknown) => {
      assert.ok(error instanceof NftError);
      assert.match(error.message, want);
      assert.equal(error.reason, 'Failed');
      return true;
    });
  });
}

test('versions of nft', () => {
  for (const [answer, old] of [
    ['nftables v1.0.6 (Lester Gooch #5)', false],
    ['nftables v1.0.1 (Fearless Fosdick #3)', false],
    ['nftables v1.0 (?)', true],
    ['nftables v1.0.0 (Fearless Fosdick #2)', true],
    ['nftables v0.9.8 (E.D.S.)', true],
    ['nftables v1.1.3 (Commodore Bullmoose #4)', false],
    ['nftables v2', false],
    ['something else', false],
  ] as const) {
    assert.equal(isOldNft(answer), old, answer);
  }
});
