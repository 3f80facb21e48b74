// A worker as its parent sees it: a process that is told what to do, answers, and may end at any time.

import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, logLevels } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import type { DnsServer } from '../server.ts';
import type { FromWorker, Generation, Leave, ToldMetric, ToWorker } from './messages.ts';

const program = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

export interface WorkerEvents {
  /** It listens. */
  onChange(): void;
  onLoop(generation: number, message: string): void;
}

type Reply = Extract<FromWorker, { readonly type: 'reply' }>;
interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #events: WorkerEvents;
  readonly #replies = new Map<number, Waiting>();
  readonly #started = Promise.withResolvers<void>();
  #lastId = 0;
  /** How often it was looked at since it last said something. */
  #looks = 0;
  addresses: DnsServer['addresses'] = [];
  /** The names of the parts that cannot answer yet. */
  unready: readonly string[] = ['workers'];
  isServing = false;
  /** Resolves with why: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;

  /** @param name for its log: `dns/1`. */
  constructor(name: string, log: Logger, serve: Extract<ToWorker, { type: 'serve' }>, events: WorkerEvents) {
    this.#events = events;
    const level = logLevels.find((each) => log.isEnabled(each)) ?? 'error';
    const child = fork(program, [name, level], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once('error', ({ message }) => resolve(message));
    });
    // Whoever waits for it hears of it.
    this.#started.promise.catch(() => {});
    void this.ended.then((why) => this.#onEnd(new Error(`a worker has ended (${why})`)));
    child.on('message', (message: FromWorker) => this.#onMessage(message));
    this.#tell(serve);
  }

  /** Resolves when it listens. Rejects with a UserError when it cannot, or when it ends before. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** It has waited long enough for what it is to know. */
  listen(): void {
    this.#tell({ type: 'listen' });
  }

  /** Rejects when it cannot take them; then it goes on with those that it has. */
  async reload(generation: Generation): Promise<void> {
    await this.#ask((id) => ({ type: 'reload', id, ...generation }));
  }

  async metrics(): Promise<readonly ToldMetric[]> {
    const { metrics = [] } = await this.#ask((id) => ({ type: 'metrics', id }));
    return metrics;
  }

  leave(how: Leave): void {
    this.#tell({ type: 'end', how });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** How often this was asked, and it said nothing in between. */
  silence(): number {
    return this.#looks++;
  }

  async #ask(message: (id: number) => ToWorker): Promise<Reply> {
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<Reply>();
    this.#replies.set(id, reply);
    this.#tell(message(id));
    return await reply.promise;
  }

  /** One that has ended is told nothing; that it has is heard elsewhere. */
  #tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #onMessage(message: FromWorker): void {
    this.#looks = 0;
    switch (message.type) {
      case 'serving':
        this.isServing = true;
        this.addresses = message.addresses;
        this.#started.resolve();
        this.#events.onChange();
        break;
      case 'failed':
        this.#started.reject(new UserError(message.message));
        break;
      case 'state':
        this.unready = message.unready;
        break;
      case 'loop':
        this.#events.onLoop(message.generation, message.message);
        break;
      case 'reply':
        this.#onReply(message);
    }
  }

  #onReply(reply: Reply): void {
    const waiting = this.#replies.get(reply.id);
    this.#replies.delete(reply.id);
    if (reply.problem === undefined) waiting?.resolve(reply);
    else waiting?.reject(new Error(reply.problem));
  }

  #onEnd(error: Error): void {
    this.isServing = false;
    this.unready = ['workers'];
    this.#started.reject(error);
    for (const { reject } of this.#replies.values()) reject(error);
    this.#replies.clear();
  }
}
