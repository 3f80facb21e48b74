// Started in a network namespace: sends the first packet of a connection for each message, and keeps the socket open until
// told to let go, so that the kernel takes no address and port for free again.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Packet } from './flow.ts';

export type Sent = Pick<Packet, 'family' | 'saddr' | 'daddr'> & {
  readonly protocol: 'tcp' | 'udp';
  readonly sport: number;
  readonly dport: number;
};

const open: (() => void)[] = [];

process.on('message', (message: Sent | 'let go') => {
  if (message === 'let go') for (const close of open.splice(0)) close();
  else if (message.protocol === 'udp') sendDatagram(message);
  else sendSyn(message);
});
process.on('disconnect', () => process.exit());

function sendDatagram({ family, saddr, sport, daddr, dport }: Sent): void {
  const socket = createSocket(family === 'ip' ? 'udp4' : 'udp6');
  // What comes back, or does not, is seen in the trace.
  socket.on('error', () => {});
  socket.bind(sport, saddr, () => socket.send('hello', dport, daddr, () => {}));
  open.push(() => socket.close());
}

function sendSyn({ saddr, sport, daddr, dport }: Sent): void {
  const socket = connect({ host: daddr, port: dport, localAddress: saddr, localPort: sport });
  socket.on('error', () => {});
  open.push(() => socket.destroy());
}
