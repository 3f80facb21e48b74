// One machine of the soak's network, as a process in its namespace: servers for TCP and UDP that answer with the machine's name,
// the port, and whom they see; and calls that the parent asks for. `agent.ts NAME [ADDRESS...]`: with addresses it serves there.

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { type AgentReport, type CallRequest, type ReleaseRequest, serverPorts } from './agent-messages.ts';

/** Longer than the first packet that is sent again takes to be answered, a second. */
const tcpPatienceMs = 2500;
const udpPatienceMs = 1200;
const udpAgainMs = 300;
const keptPauseMs = 250;
const keptPatienceMs = 8000;
const refusals = new Map([['ECONNREFUSED', 'refused']]);

const [name = '', ...addresses] = process.argv.slice(2);
const report = (message: AgentReport) => process.send?.(message);
const sockets = new Map<string, Udp>();
const connections = new Map<string, Socket>();

const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');

async function serve(address: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`${name} ${port} ${plain(socket.remoteAddress)}\n`);
    socket.on('data', () => socket.write('still here\n'));
  });
  await once(server.listen({ host: address, port, ipv6Only: isIPv6(address), backlog: 1024 }), 'listening');
  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('error', () => {});
  udp.on('message', (asked, from) => {
    udp.send(`${asked} ${name} ${port} ${from.address}`, from.port, from.address, () => {});
  });
  udp.bind(port, address);
  await once(udp, 'listening');
}

function callTcp({ id, address, port, keep }: CallRequest): void {
  const socket = connect({ host: address, port });
  const finish = (answer: string) => {
    clearTimeout(timer);
    socket.removeAllListeners('data');
    report({ id, answer });
  };
  const timer = setTimeout(() => {
    socket.destroy();
    finish('silence');
  }, tcpPatienceMs);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (keep !== undefined && connections.has(keep)) broken(keep, error.code ?? error.message);
    else finish(refusals.get(error.code ?? '') ?? error.code ?? error.message);
  });
  socket.once('data', (chunk) => {
    finish(String(chunk).trim());
    if (keep === undefined) socket.resetAndDestroy();
    else talk(keep, socket);
  });
}

/** Until it is released, or ends by itself. */
function talk(keep: string, socket: Socket): void {
  connections.set(keep, socket);
  let timer: NodeJS.Timeout;
  const say = () => {
    socket.write('are you still there?\n');
    timer = setTimeout(() => broken(keep, `no answer within ${keptPatienceMs / 1000} s`), keptPatienceMs);
  };
  socket.on('data', () => {
    clearTimeout(timer);
    timer = setTimeout(say, keptPauseMs);
  });
  socket.on('close', () => {
    clearTimeout(timer);
    broken(keep, 'closed');
  });
  say();
}

function broken(keep: string, why: string): void {
  const socket = connections.get(keep);
  if (!connections.delete(keep)) return;
  socket?.destroy();
  report({ broken: keep, why });
}

/** A socket and who waits for what on it. */
class Udp {
  readonly #socket: DatagramSocket;
  readonly #connected: Promise<void>;
  #number = 0;
  #answer: ((text: string) => void) | undefined;

  constructor(address: string, port: number) {
    this.#socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      // Dropped or refused on this machine, where a refusal is heard of a moment later.
      if (error.code !== 'EPERM') this.#answer?.(refusals.get(error.code ?? '') ?? error.code ?? error.message);
    });
    this.#socket.on('message', (message) => {
      const [number, ...answer] = String(message).split(' ');
      if (Number(number) === this.#number) this.#answer?.(answer.join(' '));
    });
    this.#connected = new Promise((resolve) => {
      this.#socket.once('connect', () => resolve());
      this.#socket.connect(port, address);
    });
  }

  async ask(): Promise<string> {
    await this.#connected;
    this.#number++;
    const answer = await new Promise<string>((resolve) => {
      const send = () => this.#socket.send(`${this.#number}`, (error) => error && this.#socket.emit('error', error));
      const again = setInterval(send, udpAgainMs);
      const over = setTimeout(() => this.#answer?.('silence'), udpPatienceMs);
      this.#answer = (text) => {
        clearInterval(again);
        clearTimeout(over);
        resolve(text);
      };
      send();
    });
    this.#answer = undefined;
    return answer;
  }

  close(): void {
    this.#socket.close();
  }
}

async function callUdp({ id, address, port, keep }: CallRequest): Promise<void> {
  const socket = (keep !== undefined && sockets.get(keep)) || new Udp(address, port);
  if (keep !== undefined) sockets.set(keep, socket);
  report({ id, answer: await socket.ask() });
  if (keep === undefined) socket.close();
}

function release(keep: string): void {
  sockets.get(keep)?.close();
  sockets.delete(keep);
  const connection = connections.get(keep);
  connections.delete(keep);
  connection?.resetAndDestroy();
}

process.on('disconnect', () => process.exit());
for (const address of addresses) for (const port of serverPorts) await serve(address, port);
process.on('message', (message: CallRequest | ReleaseRequest) => {
  if ('release' in message) release(message.release);
  else if (message.protocol === 'TCP') callTcp(message);
  else void callUdp(message);
});
report({ isReady: true });
