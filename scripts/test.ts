// The whole test-suite: types, lint and format, then every test file, fast ones first, in a network namespace of its
// own, so that no packet of a test can leave the machine. With arguments, only the named test files run.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { completePath, ensureRequirements } from '#cluster/requirements.ts';
import { run } from '#lib/run.ts';
import { isRoot, runSandboxed } from './sandbox.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
completePath();

function step(name: string, command: string, args: readonly string[]): void {
  process.stdout.write(`\n== ${name}\n`);
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit' });
  if (status === 0) return;
  process.stdout.write(`\n== ${name} failed${signal ? ` (${signal})` : ''}\n`);
  process.exit(status ?? 1);
}

/** Clients that the tests compare us with; without them those tests are skipped with a reason. */
async function installTestClients(): Promise<void> {
  for (const { client, check, debianPackage } of [
    { client: 'dig', check: ['which', 'dig'], debianPackage: 'bind9-dnsutils' },
    { client: 'kdig', check: ['which', 'kdig'], debianPackage: 'knot-dnsutils' },
    { client: 'NSD', check: ['which', 'nsd'], debianPackage: 'nsd' },
    { client: 'curl', check: ['which', 'curl'], debianPackage: 'curl' },
    { client: "musl's resolver", check: ['which', 'musl-gcc'], debianPackage: 'musl-tools' },
    // Debian's own Python: another on PATH does not see Debian's packages.
    {
      client: 'the Python client',
      check: ['/usr/bin/python3', '-c', 'import kubernetes'],
      debianPackage: 'python3-kubernetes',
    },
  ]) {
    const [command = '', ...args] = check;
    if (spawnSync(command, args).status === 0) continue;
    const install = ['install', '-y', '--no-install-recommends', debianPackage];
    await run('apt-get', install, { timeoutMs: 300_000 })
      .catch(() =>
        run('apt-get', ['update'], { timeoutMs: 300_000 }).then(() => run('apt-get', install, { timeoutMs: 300_000 })),
      )
      .catch((error) => process.stdout.write(`Tests with ${client} will be skipped: ${error.message}\n`));
  }
}

function runTests(name: string, files: readonly string[], concurrency: number): void {
  if (files.length === 0) return;
  process.stdout.write(`\n== ${name}\n`);
  const status = runSandboxed(['--test', `--test-concurrency=${concurrency}`, '--test-timeout=180000', ...files], {
    PORTOLAN_LOG: process.env.PORTOLAN_LOG ?? 'error',
  });
  if (status !== 0) process.exit(status);
}

const named = process.argv.slice(2);
if (isRoot) {
  await ensureRequirements((line) => process.stdout.write(`${line}\n`));
  await installTestClients();
}
if (named.length > 0) {
  runTests('named tests', named, 1);
} else {
  step('types', 'node_modules/.bin/tsc', ['--noEmit']);
  step('lint and format', 'node_modules/.bin/biome', ['ci', '--error-on-warnings', '.']);
  runTests('unit tests', [...globSync('{src,scripts}/**/*.test.ts'), ...globSync('test/repo/*.test.ts')].sort(), 2);
  runTests('end-to-end tests', globSync('test/e2e/*.test.ts').sort(), 1);
}
