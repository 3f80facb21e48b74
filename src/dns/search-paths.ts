// Which search list a client's resolver goes through: that of its pod's namespace, by its address, or one for all out of a
// file (directive `autopath`, spec/dns.md §7).

import { readFile } from 'node:fs/promises';
import type { Logger } from '#lib/log.ts';
import { Counter, type Labels, type Metric } from '#lib/metrics.ts';
import type { ClusterRecords } from './cluster-records.ts';
import type { Component } from './component.ts';
import type { AutopathSettings } from './config/settings.ts';
import { fromLabels, keyOf, type Name, nameFrom } from './wire/index.ts';

/** Whose search list the resolvers of pods have behind the cluster's own: the one of this machine. */
const ownFile = '/etc/resolv.conf';

export interface SearchPathsParts {
  /** Which pod has an address; not needed for a list out of a file. */
  readonly records: ClusterRecords | undefined;
  readonly log: Logger;
  /** Of metrics. */
  readonly labels: Labels;
}

export class SearchPaths implements Component {
  readonly name = 'autopath';
  readonly #records: ClusterRecords | undefined;
  readonly #settings: AutopathSettings;
  readonly #log: Logger;
  readonly #labels: Labels;
  readonly #successes = new Counter();
  #fromFile: readonly Name[] = [];

  constructor({ records, log, labels }: SearchPathsParts, settings: AutopathSettings) {
    this.#records = records;
    this.#log = log;
    this.#labels = labels;
    this.#settings = settings;
  }

  /** Rejects when the file that was named cannot be read. */
  async start(): Promise<void> {
    const { search } = this.#settings;
    if (search.from === 'file') this.#fromFile = searchListOf(await readFile(search.file, 'utf8'));
    else {
      const own = await readFile(ownFile, 'utf8').catch((error: Error) => {
        this.#log.warn("cannot read this machine's search list; autopath goes on with the cluster's", { error });
        return '';
      });
      this.#fromFile = searchListOf(own);
    }
  }

  /** Counts a name that was found. */
  onSuccess(): void {
    this.#successes.add(this.#labels);
  }

  *metrics(): Iterable<Metric> {
    yield {
      name: 'coredns_autopath_success_total',
      help: 'Counter of requests that did autopath.',
      type: 'counter',
      samples: () => this.#successes.samples(),
    };
  }

  /** In the order in which a resolver tries them; none for a client that is not known. */
  of(address: string): readonly Name[] {
    if (this.#settings.search.from === 'file') return this.#fromFile;
    const namespace = this.#records?.pods?.namespaceOf(address);
    const zone = this.#records?.zones.primary;
    if (namespace === undefined || zone === undefined) return [];
    const [inNamespace, inCluster] = [fromLabels([namespace, 'svc']), fromLabels(['svc'])];
    return [`${inNamespace}${zone}`, `${inCluster}${zone}`, zone, ...this.#fromFile];
  }
}

/** The last `search` line of a resolv.conf(5) file. */
export function searchListOf(text: string): Name[] {
  const line = text.split('\n').findLast((candidate) => /^\s*(search|domain)\s/.test(candidate)) ?? '';
  const domains = line.trim().split(/\s+/).slice(1);
  return domains.flatMap((domain) => {
    const name = nameFrom(domain);
    return name === undefined ? [] : [keyOf(name)];
  });
}
