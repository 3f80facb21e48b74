// Started inside a network namespace by listen-in.ts with a host and a port; sends a listening socket to its parent and
// ends when the parent hangs up.

import { createServer } from 'node:net';
import type { ListenReport } from './listen-in.ts';

const [host, port] = process.argv.slice(2);
const report = (message: ListenReport, server?: ReturnType<typeof createServer>) => process.send?.(message, server);

const server = createServer();
server.on('error', (error) => report({ error: error.message }));
server.listen({ host, port: Number(port) }, () => report({}, server));
process.on('disconnect', () => process.exit());
// It may have hung up before there was anybody to hear of it.
if (!process.connected) process.exit();
