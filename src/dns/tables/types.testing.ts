// The table types.md: every type at every kind of name. Each of its lines is a row for each type.

import { readFileSync } from 'node:fs';
import type { Row } from './document.testing.ts';
import { parseQuestion, typeCodes } from './question.testing.ts';
import { Origin } from './zone-text.testing.ts';

export interface KindOfName {
  readonly rule: string;
  readonly name: string;
  /** Undefined where the name does not exist. */
  readonly types: readonly string[] | undefined;
}

const text = readFileSync(new URL('types.md', import.meta.url), 'utf8');
const corefile = /^```corefile\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? '';

export const kindsOfNames: readonly KindOfName[] = [
  ...text.matchAll(/^\| ([\d.]+[a-z]?) +\| (\S+) +\| (.*?) +\|$/gm),
].map(([, rule = '', name = '', types = '']) => {
  return { rule, name, types: types === 'NXDOMAIN' ? undefined : types.split(' ').filter((type) => type !== 'none') };
});

/** Some that nobody has a name for; those of queries alone; the obsolete; the private. */
const otherTypes = [
  'TYPE0',
  'TYPE3',
  'TYPE10',
  'TYPE99',
  'TYPE249',
  'TYPE250',
  'TYPE253',
  'TYPE254',
  'TYPE65280',
  'TYPE65535',
];
export const allTypes: readonly string[] = [...Object.keys(typeCodes), ...otherTypes];

/** With an answer that says no more than its status, where there is data. */
export const rowsOfTypes: readonly (Row & { readonly hasData: boolean })[] = kindsOfNames.flatMap(({ name, types }) =>
  allTypes.map((type) => {
    const hasData = types?.includes(type) ?? false;
    const isTransfer = type === 'AXFR' || type === 'IXFR';
    const status = isTransfer ? 'REFUSED qr rd' : types === undefined ? 'NXDOMAIN' : hasData ? 'NOERROR' : 'NODATA';
    const question = parseQuestion(`${name} ${type}`, new Origin());
    return { question, expected: { status, counts: undefined, lines: [] }, corefile, isSynced: true, hasData };
  }),
);
