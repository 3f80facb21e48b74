// What can be said to nft: a sealed union of objects, in the words of nft(8), each written out as the command line wants it.

export interface TableRef {
  readonly family: 'ip' | 'ip6' | 'inet';
  readonly name: string;
}

export interface Hook {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';
  /** A number, since nft 1.0.6 refuses the name `dstnat` in the output hook. */
  readonly priority: number;
  /** What becomes of a packet that no rule decides on; `accept` when absent. */
  readonly policy?: 'accept' | 'drop';
}

export interface Chain {
  readonly kind: 'chain';
  readonly name: string;
  /** Present: a base chain. */
  readonly hook?: Hook;
}

export interface Rule {
  readonly kind: 'rule';
  readonly chain: string;
  readonly expression: string;
}

/** A set, or with `value` a map. `key` and `value` are expressions as for `typeof`, like `ip daddr . th dport`. */
export interface NamedSet {
  readonly kind: 'set';
  readonly name: string;
  readonly key: string;
  readonly value?: string;
  /** `interval`: elements may be ranges, which must not overlap. `dynamic`: rules add elements. */
  readonly flags?: readonly ('dynamic' | 'timeout' | 'interval')[];
  /** The most elements it may have. A full set refuses more, also those that rules add. A dynamic one without has 65535. */
  readonly size?: number;
}

/**
 * `key` and `value` are written as nft lists them (`10.0.0.1 . tcp . 80`, `2001:db8::/64`, `goto chain`), so that they can be
 * compared as text.
 */
export interface Element {
  readonly key: string;
  /** Of a map. */
  readonly value?: string;
  readonly comment?: string | undefined;
  /** Seconds from when it was added, or last updated by a rule, until it goes. Only in sets with the flag. */
  readonly timeout?: number | undefined;
  /** Seconds until it goes, rounded down. Only listed. */
  readonly expires?: number | undefined;
}

export type NftObject = Chain | Rule | NamedSet;

export const tableText = ({ family, name }: TableRef): string => `${family} ${name}`;

/** What follows `add chain|rule|set|map FAMILY TABLE`. */
export function bodyOf(object: NftObject): string {
  switch (object.kind) {
    case 'chain': {
      if (!object.hook) return object.name;
      return `${object.name} { ${hookText(object.hook)} }`;
    }
    case 'rule':
      return `${object.chain} ${object.expression}`;
    case 'set':
      return `${object.name} { ${setDefinition(object).join(' ')} }`;
  }
}

/** The command word: nft has one for sets and one for maps. */
export const wordOf = (object: NftObject): string =>
  object.kind === 'set' && object.value !== undefined ? 'map' : object.kind;

export const hookText = ({ type, hook, priority, policy }: Hook): string =>
  `type ${type} hook ${hook} priority ${priority};${policy ? ` policy ${policy};` : ''}`;

export function setDefinition({ key, value, flags = [], size }: NamedSet): string[] {
  return [
    `typeof ${key}${value === undefined ? '' : ` : ${value}`};`,
    ...(size === undefined ? [] : [`size ${size};`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')};`]),
  ];
}

export function elementText({ key, value, timeout, comment }: Element): string {
  const life = timeout === undefined ? '' : ` timeout ${timeout}s`;
  const note = comment === undefined ? '' : ` comment "${commentText(comment)}"`;
  return `${key}${life}${note}${value === undefined ? '' : ` : ${value}`}`;
}

/** The comment as nft takes and lists it: no escapes inside quotes, at most 128 bytes with the one that ends it. */
export const commentText = (comment: string): string => comment.replaceAll(/[^\x20-\x7e]|["\\]/g, '?').slice(0, 127);
