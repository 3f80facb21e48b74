// The answer that a row wants, and answers as they come, as the same text: status and flags, then sections of records in
// zone-file syntax. What differs from run to run is left out: serials, and the order of records of one name and type.

import { decodeMessage, ednsOf, formatRecord, type ResourceRecord, rcodeName, rcodeOf } from '../wire/index.ts';
import type { Question } from './question.testing.ts';
import type { Origin } from './zone-text.testing.ts';

/** Names of the flags as dig prints them. */
const flagBits = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, ad: 0x20, cd: 0x10 };

export interface Expected {
  /** `NOERROR qr aa rd`; `NODATA` and `NXDOMAIN` bring their SOA along. */
  readonly status: string;
  /** How many records each section has, where that is all that is said: `ANSWER: 29, AUTHORITY: 0, ADDITIONAL: 1`. */
  readonly counts: string | undefined;
  /** Records and titles of sections. */
  readonly lines: readonly string[];
}

/** The zone of a name, as its SOA says it. */
export type ZoneOf = (name: string) => { readonly zone: string; readonly ttl: number };

export function parseExpected(lines: readonly string[], origin: Origin): Expected {
  const [first = ''] = lines;
  const [, status, counts] = /^([A-Z]+(?: [a-z]{2})*)(?:; (ANSWER: .*))?$/.exec(first) ?? [];
  const rest = status === undefined ? lines : lines.slice(1);
  if (lines.length === 0) throw new Error('a question has no answer');
  return {
    status: status ?? 'NOERROR',
    counts,
    lines: rest.map((line) => (line.startsWith(';;') ? line : origin.record(line))),
  };
}

/** The text that an answer to the question has to have. */
export function wanted({ status, counts, lines }: Expected, question: Question, zoneOf: ZoneOf): string {
  const [word = '', ...flags] = status.split(' ');
  const rcode = word === 'NODATA' ? 'NOERROR' : word;
  const head = [rcode, ...(flags.length > 0 ? flags : ['qr', 'aa', 'rd'])].join(' ');
  if (counts) return `${head}; ${counts}`;
  const isNegative = word === 'NODATA' || word === 'NXDOMAIN';
  const soa = isNegative && lines.length === 0 ? [';; AUTHORITY', soaOf(question.name, zoneOf)] : [];
  const sections = sectionsOf([';; ANSWER', ...lines, ...soa]);
  if (lines.some((line) => line.startsWith(';; EDNS'))) return joined(head, sections);
  return joined(head, [...sections, ...ednsOfAnswer(question, word)]);
}

/** What comes back when a client says that it knows EDNS: our own size, its DO. */
function ednsOfAnswer({ options }: Question, status: string): string[] {
  if (options.has('noedns') || status === 'NOTIMP' || status === 'FORMERR') return [];
  return [ednsLine(options.has('dnssec'))];
}
const ednsLine = (dnssecOk: boolean): string => `;; EDNS: version: 0, flags:${dnssecOk ? ' do' : ''}; udp: 1232`;

/** The zone's end of the name is spelled as it was asked. */
function soaOf(name: string, zoneOf: ZoneOf): string {
  const { zone, ttl } = zoneOf(name.toLowerCase());
  const end = name.slice(name.length - zone.length);
  return `${end} ${Math.min(ttl, 300)} IN SOA ns.dns.${end} hostmaster.${end} SERIAL 7200 1800 86400 ${ttl}`;
}

/** An answer as it came. @param withCounts where the row says no more than those */
export function textOf(bytes: Uint8Array, withCounts: boolean): string {
  const message = decodeMessage(bytes);
  const edns = ednsOf(message);
  const rcode = rcodeName(((edns?.extendedRcode ?? 0) << 4) | rcodeOf(message.flags));
  const flags = Object.entries(flagBits).flatMap(([name, bit]) => (message.flags & bit ? [name] : []));
  const head = [rcode, ...flags].join(' ');
  const { answer, authority, additional } = message;
  if (withCounts) {
    return `${head}; ANSWER: ${answer.length}, AUTHORITY: ${authority.length}, ADDITIONAL: ${additional.length}`;
  }
  const records = (section: readonly ResourceRecord[]) =>
    section.filter(({ data }) => data.type !== 'OPT').map(formatRecord);
  const lines = [
    ...[';; ANSWER', ...records(answer)],
    ...[';; AUTHORITY', ...records(authority)],
    ...[';; ADDITIONAL', ...records(additional)],
  ];
  return joined(head, [...sectionsOf(lines), ...(edns ? [ednsLine(edns.dnssecOk)] : [])]);
}

/** One answer of many that dig printed, from its header on. */
export function textOfDig(text: string, withCounts: boolean): string {
  const status = /status: (\w+)/.exec(text)?.[1];
  const [, flags, counts] = /flags: ([\w ]*); QUERY: \d+, (ANSWER: .*)/.exec(text) ?? [];
  const head = `${status} ${flags}`;
  if (withCounts) return `${head}; ${counts}`;
  const lines = text.split('\n').flatMap((line) => {
    const [, title] = /^;; (\w+) SECTION:/.exec(line) ?? [];
    if (title) return [`;; ${title}`];
    const edns = /^; (EDNS: .*)$/.exec(line)?.[1];
    if (edns) return [`;; ${edns}`];
    return line === '' || line.startsWith(';') ? [] : [line.replace(/\s+/g, ' ')];
  });
  return joined(head, sectionsOf(lines));
}

const joined = (head: string, lines: readonly string[]): string => [head, ...lines].join('\n');

/** Titles of empty sections are left out, EDNS comes last; records of one name and type are sorted where they stand together. */
function sectionsOf(lines: readonly string[]): string[] {
  const edns = lines.filter((line) => line.startsWith(';; EDNS'));
  const others = lines.filter((line) => !edns.includes(line) && line !== ';; QUESTION' && line !== ';; OPT');
  const isTitle = (line: string | undefined) => line === undefined || line.startsWith(';;');
  const titled = others.filter((line, at) => !(isTitle(line) && isTitle(others[at + 1])));
  return [...sortedRuns(titled.map((line) => line.replace(/\d{9,10} 7200/, 'SERIAL 7200'))), ...edns];
}

function sortedRuns(lines: readonly string[]): string[] {
  const keyOf = (line: string) => line.split(' ').slice(0, 4).join(' ');
  const runs: string[][] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last && !line.startsWith(';;') && keyOf(last[0] ?? '') === keyOf(line)) last.push(line);
    else runs.push([line]);
  }
  return runs.flatMap((run) => run.sort());
}

/** The zones of a configuration, longest first. */
export const zoneFinder =
  (zones: readonly string[], ttl: number): ZoneOf =>
  (name) => {
    const fits = zones.filter((zone) => name === zone || name.endsWith(`.${zone}`));
    return { zone: fits.sort((a, b) => b.length - a.length)[0] ?? '.', ttl };
  };
