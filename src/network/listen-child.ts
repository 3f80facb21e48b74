// Started inside a network namespace by listen-in.ts; makes the listening sockets that it is asked for, sends them to its
// parent and keeps none. Ends when the parent hangs up.

import { createServer } from 'node:net';
import type { ListenReport, ListenRequest } from './listen-in.ts';

const report = (message: ListenReport, server?: ReturnType<typeof createServer>, sent?: () => void) =>
  process.send?.(message, server, {}, sent);

process.on('message', ({ id, ...options }: ListenRequest) => {
  const server = createServer();
  server.on('error', ({ message }) => report({ id, error: message }));
  // Whoever connects before our copy is closed may be lost: the parent tells nobody of the socket until then.
  server.listen(options, () => report({ id }, server, () => server.close(() => report({ id, isAlone: true }))));
});
process.on('disconnect', () => process.exit());
// It may have hung up before there was anybody to hear of it.
if (!process.connected) process.exit();
