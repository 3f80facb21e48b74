// scripts/api-server.ts as a process that can be started, killed and started again on the same data, and HTTP/2 requests
// to it as a client with an administrator's certificate makes them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { formatKubeconfig } from '#cluster/kubeconfig.ts';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { serverEnvironment, serverNodeFlags } from '#lib/server-process.ts';
import { endWithUs } from './end-with-us.ts';
import { processorSeconds, residentMB } from './process-use.ts';

const program = fileURLToPath(new URL('api-server.ts', import.meta.url));
const port = 6443;

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}
export interface ApiProcessOptions {
  /** Whether the controllers run in the same process. */
  readonly controllers?: boolean;
  /** Where it listens; 127.0.0.1 when absent. */
  readonly host?: string;
  /** One of each family. */
  readonly serviceCIDR?: string;
}
export interface StartOptions {
  /** How many events of its history the store keeps; absent: as many as usual. */
  readonly historyEvents?: number;
}
export interface Connection {
  readonly session: ClientHttp2Session;
  send(method: string, path: string, body?: string, contentType?: string): Promise<Answer>;
  close(): void;
}

export class ApiProcess {
  readonly folder: string;
  readonly #ca: CertificateAuthority;
  readonly #client: KeyPair;
  readonly #flags: readonly string[];
  readonly #host: string;
  #child: ChildProcess | undefined;

  private constructor(folder: string, ca: CertificateAuthority, client: KeyPair, options: ApiProcessOptions) {
    const { controllers, host, serviceCIDR } = options;
    this.folder = folder;
    this.#host = host ?? '127.0.0.1';
    this.#flags = [
      ...(controllers ? ['--controllers'] : []),
      ...(host ? [`--host=${host}`] : []),
      ...(serviceCIDR ? [`--service-cidr=${serviceCIDR}`] : []),
    ];
    this.#ca = ca;
    this.#client = client;
  }

  /** An empty store, and no server yet. */
  static async create(options: ApiProcessOptions = {}): Promise<ApiProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'portolan-api-'));
    const ca = await CertificateAuthority.open(join(folder, 'pki'), 'benchmark');
    const client = await ca.issue({ commonName: 'admin', organizations: ['system:masters'] });
    return new ApiProcess(folder, ca, client, options);
  }

  /** Writes the file by which clients find the server, as its administrator. Resolves with the path. */
  async writeKubeconfig(): Promise<string> {
    const path = join(this.folder, 'kubeconfig');
    const server = `https://${this.#host}:${port}`;
    const parts = { context: 'test', server, ca: this.#ca.pair.cert, user: 'admin', client: this.#client };
    await writeFile(path, formatKubeconfig(parts), { mode: 0o600 });
    return path;
  }

  /** Resolves when the server answers, with how long that took in ms. Rejects when it ends instead. */
  async start({ historyEvents }: StartOptions = {}): Promise<number> {
    const begin = performance.now();
    const { folder } = this;
    const flags = historyEvents ? [...this.#flags, `--history-events=${historyEvents}`] : this.#flags;
    const child = spawn(
      process.execPath,
      [...serverNodeFlags, program, join(folder, 'data'), join(folder, 'pki'), String(port), ...flags],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...serverEnvironment },
      },
    );
    this.#child = child;
    endWithUs(child);
    for await (const line of createInterface(child.stdout)) {
      if (line === 'ready') return performance.now() - begin;
    }
    throw new Error('the API server ended before it was ready');
  }

  /** Ends the server without warning. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Resident memory in MB, as the kernel counts it. */
  residentMB(): number {
    return residentMB(this.#child?.pid);
  }

  /** Seconds of processor time that the server has used. */
  processorSeconds(): number {
    return processorSeconds(this.#child?.pid);
  }

  /** Kept-alive HTTP/1.1 with as little work for each request as can be, so that a client's pauses are not the server's. */
  async connectLean(): Promise<(path: string) => Promise<void>> {
    const socket = connectTls({ host: this.#host, port, ca: this.#ca.pair.cert, ...this.#client });
    await once(socket, 'secureConnect');
    let answered = Promise.withResolvers<void>();
    let missing = 0;
    socket.on('error', (error) => answered.reject(error));
    socket.on('data', (chunk: Buffer) => {
      if (missing === 0) {
        const head = chunk.toString('latin1', 0, chunk.indexOf('\r\n\r\n'));
        if (!head.startsWith('HTTP/1.1 200')) return answered.reject(new Error(head));
        missing = head.length + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
      }
      missing -= chunk.length;
      if (missing === 0) answered.resolve();
    });
    return (path) => {
      answered = Promise.withResolvers();
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      return answered.promise;
    };
  }

  async connect(): Promise<Connection> {
    const session = connect(`https://${this.#host}:${port}`, {
      ...this.#client,
      ca: this.#ca.pair.cert,
      // Lists of many megabytes are read in one go, as Go's client does.
      settings: { initialWindowSize: 4 * 1024 * 1024 },
    });
    session.on('error', () => {});
    await once(session, 'connect');
    session.setLocalWindowSize(16 * 1024 * 1024);
    return {
      session,
      send: (method, path, body, contentType = 'application/json') =>
        new Promise((resolve, reject) => {
          const stream = session.request({
            ':method': method,
            ':path': path,
            ...(body !== undefined && { 'content-type': contentType }),
          });
          let status = 0;
          const chunks: Buffer[] = [];
          stream.on('response', (headers) => {
            status = Number(headers[':status']);
          });
          stream.on('data', (chunk: Buffer) => chunks.push(chunk));
          stream.on('end', () => resolve({ status, body: Buffer.concat(chunks) }));
          stream.on('error', reject);
          stream.on('close', () => reject(new Error('the connection was closed')));
          stream.end(body);
        }),
      close: () => session.destroy(),
    };
  }
}
