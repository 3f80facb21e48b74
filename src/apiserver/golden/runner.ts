// Plays the exchanges of a file against a server of its own and prints what it answers, in the text of golden files.

import type { HttpResponse } from '#lib/http.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { ApiServer } from '../server.ts';
import type { Exchange, ExchangeFile } from './exchange-file.ts';
import { GoldenClock } from './golden-clock.ts';
import { Labels } from './labels.ts';
import { printJson, valueAt } from './print-json.ts';

/** The headers that say something; the usual Cache-Control and a Content-Type of plain JSON do not. */
const shownHeaders = [
  'allow',
  'cache-control',
  'content-type',
  'etag',
  'expires',
  'location',
  'retry-after',
  'vary',
  'warning',
];
const usual: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache, private',
  'content-type': 'application/json',
};
/** A watch that gives fewer events than a file wants is cut off, so that a lost event is a difference and not a hang. */
const patienceMs = 2000;

export class Player {
  readonly #clock: GoldenClock;
  readonly #labels: Labels;
  readonly #server: ApiServer;

  private constructor(server: ApiServer, clock: GoldenClock, labels: Labels) {
    this.#server = server;
    this.#clock = clock;
    this.#labels = labels;
  }

  static async start({ exchanges }: ExchangeFile): Promise<Player> {
    const clock = new GoldenClock();
    const source = exchanges.map(({ url, body }) => `${url}\n${body}`).join('\n');
    const parts = { store: new MemoryStore(), log: createLogger('golden', 'error'), clock };
    const server = new ApiServer(parts, { serviceCIDR: '10.96.0.0/12' });
    await server.start();
    return new Player(server, clock, new Labels(source));
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** The answer to one exchange, as text. */
  async play({ directives, method, url, headers, body }: Exchange): Promise<string> {
    this.#clock.advance(Number(directives.get('advance') ?? 0));
    const [name = 'admin', ...groups] = (directives.get('as') ?? 'admin system:masters').split(' ');
    const abort = new AbortController();
    const response = await this.#server.fetchAs({ name, groups })({
      method,
      url: this.#labels.expand(url),
      headers: Object.fromEntries(Object.entries(headers).map(([key, text]) => [key, this.#labels.expand(text)])),
      ...(body && { body: Buffer.from(this.#labels.expand(body)) }),
      signal: abort.signal,
    });
    const head = [`HTTP ${response.status}`, ...this.#printHeaders(response, directives)];
    const content =
      response.body instanceof Uint8Array
        ? this.#printBody(Buffer.from(response.body).toString(), response.headers['content-type'] ?? '', directives)
        : await this.#printEvents(response.body, directives, abort);
    return [...head, '', content].join('\n').trimEnd();
  }

  #printHeaders({ headers }: HttpResponse, directives: ReadonlyMap<string, string>): string[] {
    const shown = directives.get('headers')?.split(' ') ?? shownHeaders;
    return shown
      .filter((name) => headers[name] !== undefined && headers[name] !== usual[name])
      .map((name) => `${name}: ${this.#labels.text(headers[name] ?? '')}`);
  }

  #printBody(text: string, contentType: string, directives: ReadonlyMap<string, string>): string {
    if (directives.has('raw') || !contentType.startsWith('application/json') || text === '') {
      return this.#labels.text(directives.has('managedFields') ? text : withoutManagedFields(text)).trimEnd();
    }
    return this.#print(JSON.parse(text), directives);
  }

  #print(value: unknown, directives: ReadonlyMap<string, string>): string {
    const print = (part: unknown, key = '') =>
      printJson(this.#labels.normalise(part, directives.has('managedFields'), key));
    // Only what is shown is given labels: what is not may change.
    const paths = directives.get('show')?.split(' ');
    const line = (path: string) => `${path} = ${print(valueAt(value, path), path.split('.').at(-1))}`;
    return paths?.map(line).join('\n') ?? print(value);
  }

  /** One line or block an event, until there are as many as `@events` says or the server ends the stream. */
  async #printEvents(body: AsyncIterable<Uint8Array>, directives: ReadonlyMap<string, string>, abort: AbortController) {
    const printed: string[] = [];
    const wanted = Number(directives.get('events') ?? Number.POSITIVE_INFINITY);
    const patience = setTimeout(() => abort.abort(), patienceMs);
    let text = '';
    for await (const chunk of body) {
      text += Buffer.from(chunk).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      printed.push(...lines.map((line) => this.#print(JSON.parse(line), directives)));
      if (printed.length >= wanted) break;
    }
    clearTimeout(patience);
    const isCut = abort.signal.aborted;
    abort.abort();
    if (isCut) printed.push('(nothing more came)');
    return printed.slice(0, Math.max(wanted, 0)).join('\n');
  }
}

/** Of YAML: the block under the key, and the key. */
const withoutManagedFields = (text: string): string => text.replaceAll(/^( *)managedFields:\n(?:\1[ -].*\n)*/gm, '');
