// A command in a container with its output collected: for probes and hooks.

import type { Runtime } from './runtime.ts';

/** What a probe's output is cut at. */
const outputLimit = 10 * 1024;

export async function execIn(
  runtime: Runtime,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ code: number; output: string }> {
  const session = runtime.exec(id, { command, signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  session.onOutput((_, data) => {
    if (size >= outputLimit) return;
    chunks.push(data.subarray(0, outputLimit - size));
    size += data.length;
  });
  const code = await session.exited;
  return { code, output: Buffer.concat(chunks).toString() };
}
