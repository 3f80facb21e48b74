// Which way new connections to a cluster IP take: two servers on this machine, told apart by what they say first, at the
// addresses of the endpoints of the Services that are watched.

import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { run } from '#lib/run.ts';

/** The targets between which a Service is switched. */
export const ports = [8080, 8081] as const;
const timeoutMs = 10_000;

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
export async function reaches(address: string, port: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if ((await answer(address)) === String(port)) return performance.now();
    // Asking is work, too, and must not take the processor from those who are waited for.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`new connections to ${address} do not reach port ${port} after ${timeoutMs / 1000} s`);
}

function answer(address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 80 });
    const finish = (text: string) => {
      // No connection that has ended stays behind to use up ports.
      socket.resetAndDestroy();
      resolve(text);
    };
    socket.once('data', (chunk) => finish(String(chunk)));
    socket.once('error', (error) => finish(error.message));
  });
}
