// What is counted of the queries of one zone at one address, under CoreDNS's names (spec/dns.md §11). A count is a number in
// an array at a place that is worked out from the query: nothing is made for a packet, and texts only for a scrape.

import { Histogram, type Metric, type Sample } from '#lib/metrics.ts';
import type { Answered } from '../chain.ts';
import type { Component } from '../component.ts';
import type { Client, Request, Response } from '../handler.ts';
import type { Dropped, Observer, PacketObserver } from '../observer.ts';
import { type Query, responseCode } from '../wire/index.ts';
import { rcodeIndex, rcodeLabels, typeIndex, typeLabels } from './labels.ts';

export interface QueryLabels {
  /** As in `dns://:53`. */
  readonly server: string;
  /** With the final dot; `dropped` for what came to no server block. */
  readonly zone: string;
  readonly view: string;
}

const protos = ['udp', 'tcp'] as const;
const families = ['1', '2'] as const;
const secondBounds = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);
const sizeBounds = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

const sizes = () => protos.map(() => new Histogram(sizeBounds));

export class QueryCounts implements Component, Observer, PacketObserver {
  readonly name = 'prometheus';
  readonly #labels: QueryLabels;
  /** By protocol, family and type. */
  readonly #requests = new Float64Array(protos.length * families.length * typeLabels.length);
  /** By handler and rcode. */
  readonly #responses = new Map<string, Float64Array>();
  readonly #seconds = new Histogram(secondBounds);
  /** By protocol. */
  readonly #requestSizes = sizes();
  readonly #responseSizes = sizes();
  #withDo = 0;

  constructor(labels: QueryLabels) {
    this.#labels = labels;
  }

  onAnswer({ query, client, isTcp }: Request, { response, by }: Answered, ms: number): void {
    this.#countRequest(query.packet, query, client, isTcp);
    this.#countResponse(response, by, query, isTcp, ms);
  }

  onDropped({ packet, query, client, isTcp, response }: Dropped, ms: number): void {
    this.#countRequest(packet, query, client, isTcp);
    if (response) this.#countResponse(response, '', query, isTcp, ms);
  }

  #countRequest(packet: Buffer, query: Query | undefined, client: Client, isTcp: boolean): void {
    const proto = isTcp ? 1 : 0;
    const family = isIPv6(client.address) ? 1 : 0;
    const at = (proto * families.length + family) * typeLabels.length + typeIndex(query?.type ?? 0);
    this.#requests[at] = (this.#requests[at] as number) + 1;
    if (query?.edns?.dnssecOk) this.#withDo++;
    this.#requestSizes[proto]?.observe(packet.length);
  }

  #countResponse(response: Response, by: string, query: Query | undefined, isTcp: boolean, ms: number): void {
    const counts = this.#responses.get(by) ?? this.#newResponses(by);
    // A zone transfer is made while it is sent: it has begun well, and its size is not known yet.
    const isMessage = response instanceof Uint8Array;
    const at = isMessage ? rcodeIndex(responseCode(response, query?.edns !== undefined)) : 0;
    counts[at] = (counts[at] as number) + 1;
    this.#seconds.observe(ms / 1000);
    if (isMessage) this.#responseSizes[isTcp ? 1 : 0]?.observe(response.length);
  }

  /** Handlers are few, and have their names from us. */
  #newResponses(by: string): Float64Array {
    const counts = new Float64Array(rcodeLabels.length);
    this.#responses.set(by, counts);
    return counts;
  }

  metrics(): Metric[] {
    return [
      {
        name: 'coredns_dns_requests_total',
        help: 'Queries, by protocol, IP family (1: IPv4, 2: IPv6) and type.',
        type: 'counter',
        samples: () => this.#requestSamples(),
      },
      {
        name: 'coredns_dns_responses_total',
        help: 'Responses, by code and by the directive that made them.',
        type: 'counter',
        samples: () => this.#responseSamples(),
      },
      {
        name: 'coredns_dns_do_requests_total',
        help: 'Queries with the DO bit.',
        type: 'counter',
        samples: () => (this.#withDo === 0 ? [] : [{ labels: { ...this.#labels }, value: this.#withDo }]),
      },
      histogram('coredns_dns_request_duration_seconds', 'Seconds from a query to its response.', () => [
        [this.#seconds, { ...this.#labels }],
      ]),
      histogram('coredns_dns_request_size_bytes', 'Octets of queries.', () => this.#byProto(this.#requestSizes)),
      histogram('coredns_dns_response_size_bytes', 'Octets of responses.', () => this.#byProto(this.#responseSizes)),
    ];
  }

  *#requestSamples(): Generator<Sample> {
    let at = 0;
    for (const proto of protos) {
      for (const family of families) {
        for (const type of typeLabels) {
          const value = this.#requests[at++] as number;
          if (value > 0) yield { labels: { ...this.#labels, proto, family, type }, value };
        }
      }
    }
  }

  *#responseSamples(): Generator<Sample> {
    for (const [plugin, counts] of this.#responses) {
      for (const [at, value] of counts.entries()) {
        if (value > 0) yield { labels: { ...this.#labels, rcode: rcodeLabels[at] as string, plugin }, value };
      }
    }
  }

  #byProto(histograms: readonly Histogram[]): [Histogram, Record<string, string>][] {
    return protos.map((proto, i) => [histograms[i] as Histogram, { ...this.#labels, proto }]);
  }
}

/** Those of `all` in which something was observed. */
function histogram(name: string, help: string, all: () => readonly [Histogram, Record<string, string>][]): Metric {
  const samples = () => all().flatMap(([each, labels]) => (each.count > 0 ? [...each.samples(name, labels)] : []));
  return { name, help, type: 'histogram', samples };
}

/** Of a numeric address: the first group of an IPv6 address is over after four digits. */
function isIPv6(address: string): boolean {
  for (let i = 0; i < 5; i++) if (address.charCodeAt(i) === 0x3a) return true;
  return false;
}
