// Every row of the tables again, asked by the real dig over sockets: by UDP and TCP, one process for all of a configuration.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askAll, skip } from '../testing/dig.ts';
import { listening } from '../testing/listening.ts';
import type { Row } from './document.testing.ts';
import { documents } from './documents.testing.ts';
import { textOfDig, wanted } from './expected.testing.ts';
import { digArguments, isAskedBy } from './question.testing.ts';
import { Servers } from './servers.testing.ts';
import { rowsOfTypes } from './types.testing.ts';

/** Of a transfer dig prints something else (handlers/transfer.test.ts). */
const isForDig = ({ question: { type } }: Row): boolean => type !== 'AXFR' && type !== 'IXFR';

const rows: readonly Row[] = [
  ...documents.flatMap(({ rules }) => rules.flatMap(({ rows }) => rows)),
  ...rowsOfTypes.filter(({ hasData }) => !hasData),
].filter(isForDig);

for (const transport of ['udp', 'tcp'] as const) {
  test(`every row by dig over ${transport.toUpperCase()}`, { skip }, async (t) => {
    const servers = await Servers.start(t);
    const byConfiguration = Map.groupBy(rows, ({ corefile, isSynced }) => `${isSynced} ${corefile}`);
    for (const all of byConfiguration.values()) {
      const { responder, zoneOf } = await servers.of(all[0] as Row);
      const port = await listening(t, responder);
      const asked = all.filter(({ question }) => isAskedBy(question, transport));
      const lines = asked.map(({ question }) => digArguments(question));
      const texts = await askAll(port, lines, transport === 'tcp' ? '+tcp' : '+notcp');
      assert.equal(texts.length, asked.length);
      for (const [at, { question, expected }] of asked.entries()) {
        const text = textOfDig(texts[at] ?? '', expected.counts !== undefined);
        assert.equal(text, wanted(expected, question, zoneOf), lines[at]);
      }
    }
  });
}
