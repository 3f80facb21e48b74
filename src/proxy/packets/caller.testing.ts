// Started in a network namespace: makes the connections that it is asked for, many at a time, and tells what came of each.

import { connect } from 'node:net';

export interface CallRequest {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  /** No answer within this time is silence. */
  readonly patienceMs: number;
}
export interface CallReport {
  readonly id: number;
  /** What the server said, `refused`, `silence`, or another error's code. */
  readonly got: string;
}

const mostAtOnce = 100;
const waiting: CallRequest[] = [];
let running = 0;

process.on('message', (request: CallRequest) => {
  waiting.push(request);
  next();
});
process.on('disconnect', () => process.exit());

function next(): void {
  while (running < mostAtOnce) {
    const request = waiting.shift();
    if (!request) return;
    running++;
    void call(request).then((got) => {
      running--;
      process.send?.({ id: request.id, got } satisfies CallReport);
      next();
    });
  }
}

function call({ address, port, patienceMs }: CallRequest): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (got: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const timer = setTimeout(end, patienceMs, 'silence');
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.on('end', () => end(said.trim()));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'refused' : `${code}`));
  });
}
