// `portolan up --detach`: runs the same command again in a session of its own, shows what it says until the cluster is
// up, and leaves it there.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const portolan = fileURLToPath(new URL(`./main.${import.meta.url.split('.').at(-1)}`, import.meta.url));

export async function startDetached(name: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [portolan, ...args.filter((arg) => arg !== '--detach')], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // What it says after this process has gone has no reader; its parts keep their own logs.
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  const failed = await new Promise<number | undefined>((resolve, reject) => {
    child.on('message', () => resolve(undefined));
    child.on('error', reject);
    // It has said why.
    child.on('close', (code) => resolve(code || 1));
  });
  if (failed !== undefined) process.exit(failed);
  process.stdout.write(`The cluster ${name} runs in the background. Stop it with \`portolan down --name ${name}\`.\n`);
  child.disconnect();
  child.unref();
}
