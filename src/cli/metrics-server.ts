// /metrics and /healthz of a part that runs by itself.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { BindAddress } from '#lib/bind-address.ts';
import { exposition } from '#lib/exposition.ts';
import type { Metric } from '#lib/metrics.ts';
import { UserError } from '#lib/user-error.ts';

/**
 * Serves until the process ends. Rejects with a UserError when the address cannot be had.
 *
 * @param metrics is asked again for each request
 */
export async function serveMetrics({ host, port }: BindAddress, metrics: () => Iterable<Metric>): Promise<void> {
  const text = exposition({ [Symbol.iterator]: () => metrics()[Symbol.iterator]() });
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return response.end('ok');
    if (path !== '/metrics') return response.writeHead(404).end('404 page not found\n');
    try {
      const made = await text();
      response.writeHead(200, { 'content-type': made.contentType }).end(made.text);
    } catch (error) {
      response.writeHead(500).end(`cannot collect metrics: ${(error as Error).message}\n`);
    }
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new UserError(`Cannot serve metrics: ${(cause as Error).message}.`, { cause });
  }
}
