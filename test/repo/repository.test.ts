// Rules of the repository that nobody should have to remember.

import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dnsNodeFlags } from '#lib/server-process.ts';

test('every folder of src says what it is', () => {
  for (const folder of readdirSync('src'))
    assert.ok(existsSync(`src/${folder}/README.md`), `src/${folder} has no README.md`);
});

test('every source file opens with a comment on what it is', () => {
  const bare = globSync('{src,test,bench,scripts}/**/*.ts').filter(
    (file) => !file.endsWith('.test.ts') && !/^(#!.*\n)?\/[/*]/.test(readFileSync(file, 'utf8')),
  );
  assert.deepEqual(bare, []);
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(readFileSync('package-lock.json', 'utf8'), /"resolved"|https?:\/\/[^"]*registry/);
});

test('the commands of the README exist', () => {
  const named = [...readFileSync('README.md', 'utf8').matchAll(/`portolan ([\w-]+)/g)].map(([, name]) => name);
  const known = readFileSync('src/cli/main.ts', 'utf8');
  for (const name of named) assert.match(known, new RegExp(`^  '?${name}'?: \\{`, 'm'), `portolan ${name}`);
});

test('the DNS server of a cluster and the one by itself are started with the same flags', () => {
  assert.ok(readFileSync('bin/portolan', 'utf8').includes(` dns) flags='${dnsNodeFlags.join(' ')}' ;;`));
});

test('the lock file holds the packages of every platform, without which npm ci refuses it', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  assert.deepEqual(
    wanted.filter((name) => !packages[`node_modules/${name}`]),
    [],
  );
});
