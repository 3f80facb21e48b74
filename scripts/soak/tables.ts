// The proxies' tables as text that two histories which led to the same can be compared by: which number an endpoint has among
// those of its port depends on how it came to be there.

import { run } from '#lib/run.ts';
import type { ProxyOfNode } from './proxies.ts';

type Json = string | number | null | Json[] | { [name: string]: Json };
interface Listed {
  readonly [kind: string]: { readonly [field: string]: Json };
}
export interface ElementOf {
  /** `ip portolan service-ips`. */
  readonly set: string;
  readonly key: string;
  readonly value: string | undefined;
}
export interface Table {
  readonly chains: string[];
  readonly rules: string[];
  readonly elements: ElementOf[];
}

/** Sets from here on have numbers that do not say anything; the numbers of local endpoints. */
const firstLocal = 32_768;

export async function tableOf(proxy: ProxyOfNode): Promise<Table> {
  const table: Table = { chains: [], rules: [], elements: [] };
  for (const family of ['ip', 'ip6']) {
    const { nftables } = JSON.parse(await run(...proxy.inside('nft', '-j', 'list', 'table', family, 'portolan'))) as {
      nftables: Listed[];
    };
    for (const { chain, rule, set, map } of nftables) {
      if (chain) table.chains.push(`${family} ${chain.name}`);
      if (rule) table.rules.push(`${family} ${rule.chain} ${JSON.stringify(rule.expr)}`);
      const named = set ?? map;
      for (const element of (named?.elem ?? []) as Json[]) {
        const [key, value] = map ? (element as [Json, Json]) : [element, undefined];
        table.elements.push({
          set: `${family} portolan ${named?.name}`,
          key: textOf(key),
          value: value === undefined ? undefined : textOf(value),
        });
      }
    }
  }
  return table;
}

/** As nft reads it, for keys. */
function textOf(json: Json): string {
  if (json === null || typeof json !== 'object') return String(json);
  if (Array.isArray(json)) return json.map(textOf).join(' . ');
  const [[kind = '', of] = []] = Object.entries(json);
  if (kind === 'elem') return textOf((of as { val: Json }).val);
  if (kind === 'concat') return (of as Json[]).map(textOf).join(' . ');
  if (kind === 'prefix') return `${(of as { addr: Json }).addr}/${(of as { len: Json }).len}`;
  if (kind === 'range') return (of as Json[]).map(textOf).join('-');
  return `${kind} ${of && typeof of === 'object' && 'target' in of ? of.target : JSON.stringify(of)}`;
}

/** What the kernel wrote of clients, and what goes by itself, is left out. */
export function comparable({ chains, rules, elements }: Table): string[] {
  const written = elements.filter(({ set }) => !/ (affinity-(ports-)?(tcp|udp|sctp)|left-udp-\w+)$/.test(set));
  return [
    ...chains.map((chain) => `chain ${chain}`),
    ...rules.map((rule) => `rule ${rule}`),
    ...written.map(({ set, key, value }) => `element ${set} ${withoutNumber(set, key)} ${value ?? ''}`),
  ].sort();
}

function withoutNumber(set: string, key: string): string {
  if (!/ (nodeport-)?endpoints-/.test(set)) return key;
  const parts = key.split(' . ');
  const number = Number(parts.pop());
  return [...parts, number < firstLocal ? 'any' : 'local'].join(' . ');
}

/** Lines that the second lacks, with their number. */
export function difference(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
