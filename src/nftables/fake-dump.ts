// The text of a table in memory, as nft lists it.

import type { FakeTable } from './fake-table.ts';
import { type Element, elementText, hookText, setDefinition, wordOf } from './objects.ts';

export function tableDump(name: string, { chains, sets }: FakeTable, withElements: boolean): string {
  const blocks = [...sets.values()].map(({ definition, elements }) => [
    `${wordOf(definition)} ${definition.name} {`,
    ...setDefinition(definition).map((line) => `\t${line.replace(/;$/, '')}`),
    ...(withElements && elements.length > 0 ? [elementsDump(elements)] : []),
    '}',
  ]);
  for (const { definition, rules } of chains.values()) {
    blocks.push([
      `chain ${definition.name} {`,
      ...(definition.hook ? [`\t${hookText(definition.hook)}`] : []),
      ...rules.map((rule) => `\t${rule}`),
      '}',
    ]);
  }
  return `table ${name} {\n${blocks.map((block) => block.map((line) => `\t${line}\n`).join('')).join('\n')}}\n`;
}

const elementsDump = (elements: readonly Element[]): string =>
  `\telements = { ${elements.map(elementText).sort(byNumber.compare).join(',\n\t\t\t     ')} }`;
const byNumber = new Intl.Collator('en', { numeric: true });
