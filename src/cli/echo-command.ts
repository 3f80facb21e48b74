// `portolan echo` as a command.

import { UserError } from '#lib/user-error.ts';
import { command, oneOf, wholeNumber } from './command.ts';
import { protocols, serveEcho } from './echo.ts';

export const echo = command({
  name: 'echo',
  summary: 'serve HTTP, TCP or UDP and tell who answered and what was received',
  details:
    'Over HTTP, /env answers with the environment as JSON and every other path with pod, IP, node and the request as seen.',
  options: {
    port: { type: 'string', value: 'PORT', default: '8080', help: 'where to listen' },
    host: { type: 'string', value: 'ADDRESS', help: 'listen on this address only' },
    protocol: { type: 'string', value: 'NAME', default: 'http', help: `one of ${protocols.join(', ')}` },
  },
  async run({ port, host, protocol: name }) {
    const protocol = oneOf('protocol', name, protocols);
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
    const number = wholeNumber('port', port, 1, 65535);
    try {
      await serveEcho({ protocol, port: number, host }, stop.signal);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'the port is in use; choose another with --port' : message;
      throw new UserError(`Cannot listen on ${host ?? '*'}:${port} (${protocol}): ${why}.`, { cause: error });
    }
  },
});
