// The arrows of ARCHITECTURE.md, drawn from the sources: a new arrow, or a cycle of value imports, fails here.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const allowed: Record<string, readonly string[]> = {
  lib: [],
  api: ['lib'],
  storage: ['lib', 'api'],
  apiserver: ['lib', 'api', 'storage'],
  client: ['lib', 'api'],
  nftables: ['lib'],
  network: ['lib'],
  controllers: ['lib', 'api', 'client'],
  scheduler: ['lib', 'api', 'client'],
  kubelet: ['lib', 'api', 'client', 'network'],
  announcer: ['lib', 'api', 'client', 'network'],
  proxy: ['lib', 'api', 'client', 'nftables'],
  dns: ['lib', 'api', 'client'],
  'node-dns': ['lib', 'network', 'nftables'],
  cluster: [
    'lib',
    'api',
    'storage',
    'apiserver',
    'client',
    'nftables',
    'network',
    'controllers',
    'scheduler',
    'kubelet',
    'announcer',
    'proxy',
  ],
  cli: [
    'lib',
    'api',
    'client',
    'controllers',
    'network',
    'nftables',
    'announcer',
    'proxy',
    'dns',
    'node-dns',
    'cluster',
  ],
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([#.][^']+)'/gm);
  return [...statements].map(([, type, specifier = '']) => ({
    from: file,
    to: specifier.startsWith('#') ? join('src', specifier.slice(1)) : normalize(join(dirname(file), specifier)),
    typeOnly: type !== undefined,
  }));
}

const sources = globSync('src/**/*.ts').filter((file) => !/(\.test|-suite|\.testing)\.ts$/.test(file));
const imports = sources.flatMap(importsOf);
const folderOf = (file: string): string => file.split('/')[1] ?? '';

test('every import follows an arrow of the architecture', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [a, b] = [folderOf(from), folderOf(to)];
    return a !== b && !allowed[a]?.includes(b);
  });
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
  for (const folder of new Set(sources.map(folderOf)))
    assert.ok(allowed[folder], `src/${folder} has no place in the architecture`);
});

test('no module reaches itself by value imports', () => {
  const edges = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    assert.notEqual(state.get(file), 'open', `cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of edges.keys()) visit(file, []);
});

test('a folder does not import its own door', () => {
  const own = imports.filter(({ from, to }) => folderOf(from) === folderOf(to) && /^src\/[^/]+\/index\.ts$/.test(to));
  assert.deepEqual(
    own.map(({ from }) => from),
    [],
  );
});
