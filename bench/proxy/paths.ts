// Which way new connections to a cluster IP take: two servers on this machine, told apart by what they say first, at the
// addresses of the endpoints of the Services that are watched.

import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { run } from '#lib/run.ts';

/** The targets between which a Service is switched. */
export const ports = [8080, 8081] as const;
export const timeoutMs = 60_000;

/** On the loopback device; the rules do not care where an endpoint is. */
export const localAddresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.250.0.${i + 1}`);

/** Resolves with a function that stops them. */
export async function startServers(addresses: number): Promise<() => void> {
  for (const address of localAddresses(addresses))
    await run('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']);
  // Cluster IPs must have a way out before they are translated.
  await run('ip', ['route', 'replace', 'default', 'dev', 'lo']);
  const servers: Server[] = ports.map((port) =>
    createServer((socket) => {
      socket.on('error', () => {});
      socket.end(String(port));
    }).listen(port),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return () => {
    for (const server of servers) server.close();
  };
}

/** The time when a new connection to the address is first answered by that server. */
export const reaches = (address: string, port: number, limitMs = timeoutMs, patienceMs?: number): Promise<number> =>
  until(`new connections to ${address} reach port ${port}`, limitMs, () => answers(address, port, patienceMs));

/** Asks again and again; resolves with the time when it first holds. */
export async function until(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<number> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    if (await holds()) return performance.now();
    // Asking is work, too, and must not take the processor from those who are waited for.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`not after ${limitMs / 1000} s: ${what}`);
}

/** Whether a new connection to port 80 of the address is answered by that server. */
export const answers = async (address: string, port: number, patienceMs?: number): Promise<boolean> =>
  (await tryConnection(address, 80, 'data', patienceMs)) === String(port);

/** Whether somebody takes a new connection. */
export const accepts = async (address: string, port: number, patienceMs?: number): Promise<boolean> =>
  (await tryConnection(address, port, 'connect', patienceMs)) !== undefined;

/** Resolves with what comes with the first such event; with nothing after an error, or when it has waited that long. */
function tryConnection(
  host: string,
  port: number,
  event: 'connect' | 'data',
  patienceMs = 0,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const finish = (text: string | undefined) => {
      // No connection that has ended stays behind to use up ports. A reset would wait until there is a connection.
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
      resolve(text);
    };
    socket.once(event, (chunk: Buffer | undefined) => finish(String(chunk ?? '')));
    socket.once('error', () => finish(undefined));
    socket.once('timeout', () => finish(undefined));
  });
}
