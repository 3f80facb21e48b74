// A listening socket that lives in another network namespace while its connections are served here. Node cannot change
// its own namespace, so a child that starts inside makes the sockets and hands them over. It is kept for a moment, because
// who wants one socket in a namespace often wants more.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inBrackets } from '#lib/cidr.ts';
import { NetworkError } from './ip.ts';
import { enter } from './namespaces.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port; read it from `server.address()`. */
  readonly port: number;
  /** `::` without IPv4; by default it is both. */
  readonly ipv6Only?: boolean | undefined;
}

/** What the child is asked. */
export interface ListenRequest extends ListenOptions {
  readonly id: number;
}
/** What it says: an error; or that here is the server; then, that it has no copy of it any more. */
export interface ListenReport {
  readonly id: number;
  readonly error?: string;
  readonly isAlone?: true;
}

/**
 * Without a namespace: in ours. Close the server to let go of the namespace: an open socket keeps it alive after its name
 * is deleted. Throws NetworkError.
 */
export async function listenIn(namespace: string | undefined, options: ListenOptions): Promise<Server> {
  if (namespace !== undefined) return await helperIn(namespace).listen(options);
  const server = createServer();
  try {
    await once(server.listen(options), 'listening');
  } catch (error) {
    throw failed(options, undefined, (error as Error).message);
  }
  return server;
}

const failed = ({ host, port }: ListenOptions, namespace: string | undefined, why: string): NetworkError =>
  new NetworkError(
    'Failed',
    `cannot listen on ${inBrackets(host)}:${port}${namespace === undefined ? '' : ` in network namespace ${namespace}`}: ${why}`,
  );

const helpers = new Map<string, Helper>();

function helperIn(namespace: string): Helper {
  const found = helpers.get(namespace);
  if (found) return found;
  const helper = new Helper(namespace, () => {
    if (helpers.get(namespace) === helper) helpers.delete(namespace);
  });
  helpers.set(namespace, helper);
  return helper;
}

/** How long a child without work stays, holding the namespace. */
const idleMs = 50;
/** How long a child with work may be silent. */
const silentMs = 10_000;

interface Waiting {
  readonly options: ListenOptions;
  readonly resolve: (server: Server) => void;
  readonly reject: (error: NetworkError) => void;
  server?: Server;
}

class Helper {
  readonly #namespace: string;
  readonly #child: ChildProcess;
  readonly #leave: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param leave is called when it takes no more requests. */
  constructor(namespace: string, leave: () => void) {
    this.#namespace = namespace;
    this.#leave = leave;
    const [file = '', ...args] = enter(namespace);
    // The child beside us is .ts from source and .js when built.
    const program = fileURLToPath(new URL(`./listen-child${extname(import.meta.url)}`, import.meta.url));
    this.#child = spawn(file, [...args, process.execPath, program], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let stderr = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 4096) stderr += chunk.toString();
    });
    this.#child.on('message', (message, handle) => this.#hear(message as ListenReport, handle as Server | undefined));
    this.#child.on('error', ({ message }) => this.#end(message));
    this.#child.on('close', () => this.#end(stderr.trim() || 'the helper ended early'));
  }

  listen(options: ListenOptions): Promise<Server> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { options, resolve, reject });
      this.#child.send({ id, ...options } satisfies ListenRequest, (error) => {
        if (error) this.#settle(id)?.reject(failed(options, this.#namespace, error.message));
      });
      this.#wait();
    });
  }

  #hear({ id, error, isAlone }: ListenReport, server: Server | undefined): void {
    const waiting = this.#waiting.get(id);
    if (server && waiting) waiting.server = server;
    if (error !== undefined)
      this.#settle(id)?.reject(failed(waiting?.options as ListenOptions, this.#namespace, error));
    if (isAlone && waiting?.server) this.#settle(id)?.resolve(waiting.server);
    this.#wait();
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const busy = this.#waiting.size > 0;
    this.#timer = setTimeout(
      () => {
        this.#leave();
        if (busy) this.#child.kill('SIGKILL');
        else if (this.#child.connected) this.#child.disconnect();
      },
      busy ? silentMs : idleMs,
    );
  }

  #end(why: string): void {
    clearTimeout(this.#timer);
    this.#leave();
    for (const { options, reject, server } of this.#waiting.values()) {
      server?.close();
      reject(failed(options, this.#namespace, why));
    }
    this.#waiting.clear();
  }
}
