// A listening socket that lives in another network namespace while its connections are served here. Node cannot change
// its own namespace, so a short-lived child that starts inside makes the socket and hands it over.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NetworkError } from './ip.ts';
import { enter } from './namespaces.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port; read it from `server.address()`. */
  readonly port: number;
}

/** What the child says: with `error` absent, the server comes along. */
export interface ListenReport {
  readonly error?: string;
}

/** Close the server to let go of the namespace: an open socket keeps it alive after its name is deleted. */
export async function listenIn(namespace: string, { host, port }: ListenOptions): Promise<Server> {
  const tried = `cannot listen on ${host}:${port} in network namespace ${namespace}`;
  const [file = '', ...args] = enter(namespace);
  // The child beside us is .ts from source and .js when built.
  const program = fileURLToPath(new URL(`./listen-child${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(file, [...args, process.execPath, program, host, String(port)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString();
  });
  const ended = once(child, 'exit');
  const server = await new Promise<Server>((resolve, reject) => {
    child.once('message', (message, handle) => {
      const { error } = message as ListenReport;
      if (error === undefined) resolve(handle as Server);
      else reject(new NetworkError('Failed', `${tried}: ${error}`));
    });
    child.once('error', (cause) => reject(new NetworkError('Failed', `${tried}: ${cause.message}`, { cause })));
    child.once('close', () =>
      reject(new NetworkError('Failed', `${tried}: ${stderr.trim() || 'the helper ended early'}`)),
    );
  }).finally(() => child.connected && child.disconnect());
  await ended;
  return server;
}
