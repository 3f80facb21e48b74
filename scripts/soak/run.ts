// `npm run soak -- NAME`: runs one soak in a network namespace of its own. Unlike a benchmark it fails, with status 1, when something
// happened that must not.

import { fileURLToPath } from 'node:url';
import { completePath, ensureRequirements } from '#cluster/requirements.ts';
import { runSandboxed } from '../sandbox.ts';

const soaks: Record<string, string> = {
  proxy:
    'service proxies while everything changes and clients call: [--minutes N] [--seed S] [--settle MS] [--calm: nothing is done to the proxies]',
};

const name = process.argv[2] ?? '';
if (!Object.hasOwn(soaks, name)) {
  process.stdout.write('Usage: npm run soak -- NAME\n\n');
  for (const [each, what] of Object.entries(soaks)) process.stdout.write(`  ${each.padEnd(10)}${what}\n`);
  process.exit(name === '' ? 0 : 2);
}
completePath();
await ensureRequirements((line) => process.stdout.write(`${line}\n`));
process.exit(runSandboxed([fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), ...process.argv.slice(3)]));
