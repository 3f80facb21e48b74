// `portolan up --detach`: runs the same command again in a session of its own, shows what it says until the cluster is
// up, and leaves it there.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '#lib/user-error.ts';

const portolan = fileURLToPath(new URL(`./main.${import.meta.url.split('.').at(-1)}`, import.meta.url));

export async function startDetached(name: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [portolan, ...args.filter((arg) => arg !== '--detach')], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // What it says after this process has gone has no reader; its parts keep their own logs.
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  await new Promise<void>((resolve, reject) => {
    child.on('message', () => resolve());
    child.on('error', reject);
    child.on('exit', (code) => {
      process.exitCode = code || 1;
      reject(new UserError(`The cluster ${name} did not start.`));
    });
  });
  process.stdout.write(`The cluster ${name} runs in the background. Stop it with \`portolan down --name ${name}\`.\n`);
  child.disconnect();
  child.unref();
}
