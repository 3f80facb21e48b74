// A connection by HTTPS to one server (RFC 8484): HTTP/2, a POST request for each question.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { isIPv6 } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { headerSize, isReplyTo, maxMessage, questionSize } from '../wire/index.ts';
import { type Connection, ConnectionClosed, NoReply, type Opening, OtherQuestion } from './connection.ts';
import { type Inquiry, writeInquiry } from './relay.ts';
import { secure, type TlsServer } from './stream.ts';

const mediaType = 'application/dns-message';
const path = '/dns-query';

/** Rejects when the server's certificate is not one that we trust for it, or when it does not speak HTTP/2. */
export async function openHttps(
  { host, port, serverName }: TlsServer,
  credentials: SecureContextOptions,
  { timeoutMs, onEnd }: Opening,
): Promise<Connection> {
  const at = (name: string) => `${isIPv6(name) ? `[${name}]` : name}${port === 443 ? '' : `:${port}`}`;
  const session = connect(`https://${at(host)}`, {
    ...secure(serverName, credentials),
    settings: { enablePush: false },
  });
  const connected = Promise.withResolvers<void>();
  const timer = setTimeout(() => session.destroy(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
  session.once('connect', () => connected.resolve());
  session.on('error', connected.reject);
  session.once('close', () => connected.reject(new ConnectionClosed('the server closed the connection')));
  try {
    await connected.promise;
  } finally {
    clearTimeout(timer);
  }
  session.once('close', onEnd);
  return {
    ask: (inquiry, timeoutMs) => ask(session, at(serverName ?? host), inquiry, timeoutMs),
    // One that the server is about to close still brings the answers that are under way.
    close: () => session.closed || session.destroy(),
  };
}

/** The id is 0, so that equal questions are equal requests (RFC 8484 §4.1); the stream tells who is answered. */
async function ask(
  session: ClientHttp2Session,
  authority: string,
  inquiry: Inquiry,
  timeoutMs: number,
): Promise<Buffer> {
  const message = writeInquiry(inquiry, 0);
  const stream = request(session, authority, message);
  const timer = setTimeout(() => stream.destroy(new NoReply(timeoutMs)), timeoutMs);
  try {
    const reply = await bodyOf(stream);
    if (reply.length < headerSize) throw new Error(`the reply has only ${reply.length} octets`);
    if (isReplyTo(reply, message, headerSize + questionSize(inquiry.name))) return reply;
    throw new OtherQuestion();
  } catch (error) {
    if (!session.destroyed || error instanceof NoReply) throw error;
    throw new ConnectionClosed('the server closed the connection', { cause: error });
  } finally {
    clearTimeout(timer);
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
}

function request(session: ClientHttp2Session, authority: string, message: Buffer): ClientHttp2Stream {
  const asked = { ':method': 'POST', ':authority': authority, ':path': path };
  const content = { 'content-type': mediaType, 'content-length': message.length, accept: mediaType };
  try {
    if (session.closed) throw new Error('the server closed the connection');
    const stream = session.request({ ...asked, ...content });
    stream.end(message);
    return stream;
  } catch (cause) {
    throw new ConnectionClosed((cause as Error).message, { cause });
  }
}

async function bodyOf(stream: ClientHttp2Stream): Promise<Buffer> {
  stream.once('response', ({ ':status': status, 'content-type': type }) => {
    if (status !== 200) stream.destroy(new Error(`the server answered with HTTP status ${status}`));
    else if (!type?.startsWith(mediaType)) stream.destroy(new Error(`the server answered with ${type ?? 'no type'}`));
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxMessage) throw new Error(`the reply is longer than ${maxMessage} octets`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
