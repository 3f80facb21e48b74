// Fuzz requests over real connections. What a client's own library refuses to send is left to the tests of raw bytes.

import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { HttpsServer } from '../https-suite.ts';
import type { Heard } from './oracle-suite.ts';
import type { FuzzRequest } from './requests-suite.ts';
import type { Send } from './run-suite.ts';

/** How long a stream is listened to. */
const listenMs = 20;
/** More head than this is refused without being read, and so without a Status. */
const longestHead = 60_000;

const isStream = ({ route, url }: FuzzRequest): boolean =>
  route.verb === 'watch' || /[?&](watch|follow)(=|&|$)|\/watch\//.test(url);

/** The same request with a head that can be taken. */
function sendable({ headers, url, ...request }: FuzzRequest): FuzzRequest {
  const { connection: _connection, ...rest } = headers;
  const size = JSON.stringify(rest).length + url.length;
  return { ...request, url, headers: size > longestHead ? {} : rest };
}

const textOf = (body: Buffer, encoding: string | undefined): string =>
  (encoding === 'gzip' && body.length > 0 ? gunzipSync(body) : body).toString();
const unread = (request: FuzzRequest): boolean => request.url.length > longestHead;
const notSent: Heard = { status: 200, headers: {}, text: '' };

export const overHttp1 =
  (server: HttpsServer): Send =>
  (given) => {
    const request = sendable(given);
    if (unread(request)) return Promise.resolve(notSent);
    const { method, url: path, headers, body } = request;
    return new Promise((resolve, reject) => {
      const framing = body ? { 'content-length': String(body.length) } : {};
      const options = { ...server.clientTls, path, method, headers: { ...headers, ...framing }, agent: false };
      const sent = httpsRequest(options, async (response) => {
        const { statusCode: status = 0 } = response;
        const timer = isStream(request) ? setTimeout(() => response.destroy(), listenMs) : undefined;
        try {
          const body = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
          const text = timer && status === 200 ? '' : textOf(body, response.headers['content-encoding']);
          resolve({ status, headers: response.headers, text });
        } catch (error) {
          if (timer) resolve({ status, headers: {}, text: '' });
          else reject(error);
        } finally {
          clearTimeout(timer);
        }
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };

export const overHttp2 =
  (session: ClientHttp2Session): Send =>
  async (given) => {
    const request = sendable(given);
    if (unread(request)) return notSent;
    const { method, url, headers, body } = request;
    const stream = session.request({ ...headers, ':method': method, ':path': url }, { endStream: body === undefined });
    stream.on('error', () => {});
    if (body !== undefined) stream.end(body);
    const [head] = await once(stream, 'response');
    const status = Number(head[':status']);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    const timer = isStream(request) ? setTimeout(() => stream.close(), listenMs) : undefined;
    if (!stream.closed) await once(stream, 'close');
    clearTimeout(timer);
    const text = timer && status === 200 ? '' : textOf(Buffer.concat(chunks), head['content-encoding']);
    return { status, headers: head, text };
  };
