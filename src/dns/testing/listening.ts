// Listeners on loopback for one responder, on a port of their own, closed with the test.

import type { TestContext } from 'node:test';
import { createLogger } from '#lib/log.ts';
import type { Respond } from '../listeners/site.ts';
import { type TcpLimits, TcpListener } from '../listeners/tcp.ts';
import { UdpListener } from '../listeners/udp.ts';
import type { Responder } from '../responder.ts';

export const log = createLogger('dns-test', 'error');

export async function listening(t: TestContext, responder: Responder, limits?: Partial<TcpLimits>): Promise<number> {
  const respond: Respond = (...packet) => responder.respond(...packet);
  for (;;) {
    const tcp = new TcpListener({ respond, log }, limits);
    const port = await tcp.listen({ host: '127.0.0.1', port: 0 });
    const udp = new UdpListener({ respond, log }, { host: '127.0.0.1', port });
    try {
      await udp.listen();
    } catch {
      // Another process has the port for UDP.
      await tcp.close();
      continue;
    }
    t.after(async () => {
      await Promise.all([tcp.close(), udp.close()]);
    });
    return port;
  }
}
