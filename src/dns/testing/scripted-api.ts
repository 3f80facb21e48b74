// An API server that says what a test wants, true or not: lists of anything, and lines of a watch.

import type { Fetch } from '#lib/http.ts';

/** As they stand in paths. */
export type ResourceName = 'namespaces' | 'services' | 'endpointslices' | 'pods' | 'serviceimports';

export class ScriptedApi {
  /** What each list has in it; the whole answer where it is a text. */
  readonly lists: Partial<Record<ResourceName, readonly unknown[] | string>> = {};
  /** How often each was asked for: `list services`, `watch services`. */
  readonly asked = new Map<string, number>();
  /** Of lists: path and selectors. */
  readonly urls: string[] = [];
  readonly #watches = new Map<string, Lines>();

  readonly fetch: Fetch = async ({ url, signal }) => {
    const { pathname, searchParams } = new URL(url, 'http://api');
    const resource = pathname.split('/').at(-1) ?? '';
    const isWatch = searchParams.get('watch') === 'true';
    const verb = `${isWatch ? 'watch' : 'list'} ${resource}`;
    this.asked.set(verb, (this.asked.get(verb) ?? 0) + 1);
    if (isWatch) {
      const lines = new Lines(signal);
      this.#watches.set(resource, lines);
      return { status: 200, headers: {}, body: lines };
    }
    const selectors = ['labelSelector', 'fieldSelector'].flatMap((name) => searchParams.get(name) ?? []);
    this.urls.push([pathname, ...selectors].join(' '));
    const list = this.lists[resource as ResourceName] ?? [];
    const text = typeof list === 'string' ? list : JSON.stringify({ metadata: { resourceVersion: '1' }, items: list });
    return { status: 200, headers: {}, body: Buffer.from(text) };
  };

  /** A line of the watch that is open, or opens next. */
  async say(resource: ResourceName, line: unknown): Promise<void> {
    while (!this.#watches.has(resource)) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#watches.get(resource)?.push(typeof line === 'string' ? line : JSON.stringify(line));
  }

  /** Ends the watch that is open. */
  end(resource: ResourceName): void {
    this.#watches.get(resource)?.end();
    this.#watches.delete(resource);
  }
}

class Lines implements AsyncIterable<Uint8Array> {
  #waiting: string[] = [];
  #isEnded = false;
  #wake = () => {};

  constructor(signal: AbortSignal | undefined) {
    signal?.addEventListener('abort', () => this.end(), { once: true });
  }

  push(line: string): void {
    this.#waiting.push(line);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (!this.#isEnded || this.#waiting.length > 0) {
      const [line] = this.#waiting.splice(0, 1);
      if (line !== undefined) yield Buffer.from(`${line}\n`);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
