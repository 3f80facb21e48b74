// A Fetch over sockets: HTTPS (or HTTP) with kept-alive connections and the credentials of a kubeconfig.

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { Fetch, HttpRequest, HttpResponse } from '#lib/http.ts';
import { type Kubeconfig, loadKubeconfig } from './kubeconfig.ts';

/** The head of an answer must come within this; bodies (watches, logs) may take their time. */
const headTimeoutMs = 60_000;
/** Tokens in files are replaced long before they expire; how long one is used before the file is read again. */
const tokenMs = 60_000;

/** @param kubeconfigPathOrText see {@link loadKubeconfig}; rejects with one readable error when it is missing or bad. */
export async function connect(kubeconfigPathOrText: string, context?: string): Promise<Fetch> {
  return connectTo(await loadKubeconfig(kubeconfigPathOrText, context));
}

/** Whether the server answers shows with the first request. */
export function connectTo(config: Omit<Kubeconfig, 'namespace'>): Fetch {
  const secure = config.server.startsWith('https:');
  const keepAlive = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 16, scheduling: 'lifo' as const };
  const agent = secure
    ? new https.Agent({
        ...keepAlive,
        ca: config.ca,
        cert: config.cert,
        key: config.key,
        servername: config.tlsServerName,
        rejectUnauthorized: !config.insecureSkipTlsVerify,
      })
    : new http.Agent(keepAlive);
  const credentials = credentialsOf(config);
  return async (request) => {
    const headers = { ...(await credentials()), ...request.headers };
    const send = () => exchange(config.server, agent, { ...request, headers });
    try {
      return await send();
    } catch (error) {
      // The server closed an idle connection just as it was used again. A POST might have been taken all the same.
      if (error instanceof StaleConnectionError && request.method !== 'POST') return await send();
      throw error;
    }
  };
}

type Headers = Readonly<Record<string, string>>;

/** Rejects when the token's file cannot be read. */
function credentialsOf({ token, tokenFile }: Pick<Kubeconfig, 'token' | 'tokenFile'>): () => Promise<Headers> {
  const bearer = (text: string): Headers => ({ authorization: `Bearer ${text}` });
  if (token) return async () => bearer(token);
  if (!tokenFile) return async () => ({});
  let known: { readonly headers: Headers; readonly readAt: number } | undefined;
  return async () => {
    if (known && performance.now() - known.readAt < tokenMs) return known.headers;
    known = { headers: bearer((await readFile(tokenFile, 'utf8')).trim()), readAt: performance.now() };
    return known.headers;
  };
}

class StaleConnectionError extends Error {
  override name = 'StaleConnectionError';
}

function exchange(server: string, agent: http.Agent, request: HttpRequest): Promise<HttpResponse> {
  const { method, headers, body, signal } = request;
  return new Promise((resolve, reject) => {
    const module = agent instanceof https.Agent ? https : http;
    const outgoing = module.request(server + request.url, { method, headers, agent, ...(signal && { signal }) });
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`no answer within ${headTimeoutMs / 1000} s`));
    }, headTimeoutMs);
    outgoing.on('response', (incoming) => {
      clearTimeout(timer);
      resolve({ status: incoming.statusCode ?? 0, headers: flat(incoming.headers), body: incoming });
    });
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const stale = outgoing.reusedSocket && cause.code === 'ECONNRESET';
      const message = `${method} ${server}${request.url}: ${cause.message || cause.code}`;
      reject(stale ? new StaleConnectionError(message, { cause }) : new Error(message, { cause }));
    });
    outgoing.end(body);
  });
}

const flat = (headers: http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
