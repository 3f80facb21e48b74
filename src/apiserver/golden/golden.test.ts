// Plays every file of exchanges/ and holds the answers against those in the file. UPDATE_GOLDEN=1 writes them anew, for
// people to review (README.md).

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseExchanges, printExchanges } from './exchange-file.ts';
import { Player } from './runner.ts';

const folder = new URL('./exchanges/', import.meta.url);
const isUpdate = process.env.UPDATE_GOLDEN === '1';

for (const name of readdirSync(folder).sort()) {
  test(`golden ${name}`, async (t) => {
    const path = new URL(name, folder);
    const file = parseExchanges(readFileSync(path, 'utf8'));
    const player = await Player.start(file);
    const answers: string[] = [];
    for (const exchange of file.exchanges) {
      const answer = await player.play(exchange);
      answers.push(answer);
      if (!isUpdate) await t.test(exchange.title, () => assert.equal(answer, exchange.answer));
    }
    await player.close();
    if (!isUpdate) return;
    const exchanges = file.exchanges.map((exchange, index) => ({ ...exchange, answer: answers[index] ?? '' }));
    writeFileSync(path, printExchanges({ ...file, exchanges }));
  });
}
