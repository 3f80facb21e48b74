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
  readonly flags?: readonly ('dynamic' | 'timeout' | 'interval')[];
}

/** `key` and `value` are written as nft lists them (`10.0.0.1 . tcp . 80`), so that they can be compared as text. */
export interface Element {
  readonly key: string;
  /** Of a map. */
  readonly value?: string;
  readonly comment?: string | undefined;
}

export type NftObject = Chain | Rule | NamedSet;

export const tableText = ({ family, name }: TableRef): string => `${family} ${name}`;

/** What follows `add chain|rule|set|map FAMILY TABLE`. */
export function bodyOf(object: NftObject): string {
  switch (object.kind) {
    case 'chain': {
      if (!object.hook) return object.name;
      const { type, hook, priority } = object.hook;
      return `${object.name} { type ${type} hook ${hook} priority ${priority}; }`;
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

export function setDefinition({ key, value, flags }: NamedSet): string[] {
  const type = `typeof ${key}${value === undefined ? '' : ` : ${value}`};`;
  return flags && flags.length > 0 ? [type, `flags ${flags.join(',')};`] : [type];
}

export function elementText({ key, value, comment }: Element): string {
  const note = comment === undefined ? '' : ` comment "${quotable(comment)}"`;
  return value === undefined ? `${key}${note}` : `${key}${note} : ${value}`;
}

/** nft has no escapes inside quotes, and allows 128 characters. */
const quotable = (comment: string): string => comment.replaceAll(/["\n\\]/g, '?').slice(0, 127);
