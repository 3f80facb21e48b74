// What the tests with real sockets share: a server on loopback, its authority, and clients of each kind of HTTP.

import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CertificateAuthority, type KeyPair } from '#cluster/pki.ts';
import { startServer, type TestServer, type TestServerOptions } from './in-process-suite.ts';
import type { ListenOptions } from './listener.ts';

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}
export interface HttpsRequest {
  readonly method?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
  /** The administrator when absent; null for nobody. */
  readonly as?: KeyPair | null;
}

export class HttpsServer {
  readonly api: TestServer;
  readonly ca: CertificateAuthority;
  readonly admin: KeyPair;
  readonly port: number;

  private constructor(parts: { api: TestServer; ca: CertificateAuthority; admin: KeyPair; port: number }) {
    this.api = parts.api;
    this.ca = parts.ca;
    this.admin = parts.admin;
    this.port = parts.port;
  }

  static async start(listen: Partial<ListenOptions> = {}, options: TestServerOptions = {}): Promise<HttpsServer> {
    const ca = await CertificateAuthority.create('test-ca');
    const [serving, admin, api] = await Promise.all([
      ca.issue({ commonName: 'apiserver', names: ['127.0.0.1', 'localhost'] }),
      ca.issue({ commonName: 'admin', organizations: ['system:masters'] }),
      startServer(options),
    ]);
    const tls = { ...serving, ca: ca.pair.cert };
    const kubeletClient = { ...admin, ca: ca.pair.cert };
    const { port } = await api.server.listen({ host: '127.0.0.1', port: 0, tls, kubeletClient, ...listen });
    return new HttpsServer({ api, ca, admin, port });
  }

  /** What the administrator connects with. */
  get clientTls() {
    return this.#tls();
  }

  #tls(as: KeyPair | null = this.admin) {
    return { host: '127.0.0.1', port: this.port, ca: this.ca.pair.cert, ...as };
  }

  /** Over HTTP/1.1, on a connection of its own. */
  http1(path: string, { method = 'GET', headers = {}, body, as }: HttpsRequest = {}): Promise<HttpsAnswer> {
    return new Promise((resolve, reject) => {
      const options = { ...this.#tls(as), path, method, headers, agent: false };
      const request = httpsRequest(options, async (response) => {
        try {
          const text = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        } catch (error) {
          reject(error);
        }
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** A connection that speaks whatever the test writes. */
  raw(as?: KeyPair | null, ALPNProtocols: string[] = []): TLSSocket {
    const socket = connectTls({ ...this.#tls(as), ALPNProtocols });
    socket.on('error', () => {});
    return socket;
  }

  http2(settings: { initialWindowSize?: number } = {}, as?: KeyPair): ClientHttp2Session {
    const session = connectHttp2(`https://127.0.0.1:${this.port}`, { ...this.#tls(as), settings });
    session.on('error', () => {});
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.server.close();
  }
}
