// A packet on whose way through the rules these change gets what it would have got before or after, or nothing, so that it is
// sent again: walked through the rules in memory, with the change before each rule that it comes to. On the kernel it is in
// ../kernel.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '#lib/cidr.ts';
import { FakeNft, type Transaction } from '#nftables/index.ts';
import { wantsOf } from '../frontends.ts';
import { families } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import {
  addressOf,
  type CallerName,
  type Case,
  callers,
  hereOf,
  outerAddresses,
  policies,
  serviceFor,
  slicesFor,
  sourceOf,
  types,
} from './cases.testing.ts';
import { type Answer, answerTo, type Call, place, programmeFor } from './node.testing.ts';

/** Undefined: there is no such Service. */
type State = Case | undefined;

const states = ['none', 'ready here', 'ready elsewhere', 'ready here, ready elsewhere'];
const type = types.find(({ outer }) => outer === outerAddresses);
assert.ok(type);
/** All that the Service may become, without affinity and with it. */
const lives = [false, true].map((sticky): State[] => [
  undefined,
  ...states.flatMap((state) =>
    policies.map((policy) => ({ state, type, internal: policy, external: policy, sticky, n: 1 })),
  ),
]);
const nameOf = (one: State): string => (one ? `${one.state}, policies ${one.internal}` : 'no Service');

interface Change {
  readonly what: string;
  readonly before: FakeNft;
  readonly transaction: Transaction;
  readonly after: FakeNft;
}

/** In the steps in which it is written. */
async function stepsOf(family: Family, from: State, to: State): Promise<Change[]> {
  const programme = programmeFor(family);
  const become = (one: State): Transaction => {
    programme.set('default/case-1', one && wantsOf(serviceFor(one), slicesFor(one), family, place), 0);
    return programme.take(0).transaction;
  };
  let before = new FakeNft();
  await before.run(become(from));
  const steps: Change[] = [];
  for (const transaction of become(to).inSteps()) {
    const after = before.copy();
    await after.run(transaction);
    steps.push({ what: `${nameOf(from)} → ${nameOf(to)}`, before, transaction, after });
    before = after;
  }
  return steps;
}

/** Each to each. */
async function changesIn(family: Family): Promise<Change[]> {
  const pairs = lives.flatMap((life) =>
    life.flatMap((from) => life.flatMap((to) => (from === to ? [] : [{ from, to }]))),
  );
  return (await Promise.all(pairs.map(({ from, to }) => stepsOf(family, from, to)))).flat();
}

function callsBy(family: Family, caller: CallerName): Call[] {
  const world: World = worlds[family];
  const isFromNode = caller === 'the node';
  return (['cluster IP', ...outerAddresses] as const)
    .map((called) => addressOf(world, { n: 1 } as Case, called))
    .map((target) => ({ family, source: sourceOf(world, caller), isFromNode, protocol: 'udp', ...target }));
}

/** The highest number, which only the last endpoint has. */
const draw = 0.99;

/** For each rule that a packet comes to, what it gets when the change comes right before it, and the rules afterwards. */
async function crossings({ before, transaction }: Change, call: Call): Promise<(Answer & { nft: FakeNft })[]> {
  const answers: (Answer & { nft: FakeNft })[] = [];
  for (let at = 0; ; at++) {
    const nft = before.copy();
    let passed = 0;
    let change: Promise<void> | undefined;
    const answer = answerTo(nft, call, draw, () => {
      if (passed++ === at) change = nft.run(transaction);
    });
    if (!change) return answers;
    await change;
    answers.push({ ...answer, nft });
  }
}

/**
 * Of two endpoints each may be drawn, whatever number it has afterwards. A pod of this node is answered as itself and as the
 * node; when it calls itself as itself it does not know its own answer again, and so hears nothing.
 */
function kindOf(answer: string, { family, source }: Call): string {
  const isPodHere = [sourceOf(worlds[family], 'a pod'), hereOf(worlds[family])].includes(source);
  if (!/^(here|elsewhere) /.test(answer)) return answer;
  return isPodHere ? 'answered' : answer.replace(/here|elsewhere/, 'answered');
}

async function wrongAnswers(change: Change, call: Call): Promise<string[]> {
  const right = [change.before, change.after].map((nft) => answerTo(nft.copy(), call, draw).answer);
  const crossed = await crossings(change, call);
  assert.ok(crossed.length > 0);
  const isRight = (answer: string) =>
    answer === 'silence' || right.some((one) => kindOf(one, call) === kindOf(answer, call));
  return crossed.flatMap(({ answer, trail }, at) =>
    isRight(answer)
      ? []
      : `${change.what}, ${call.address} port ${call.port}, before rule ${at}: want ${right.join(' or ')}, got ${answer}\n${trail}`,
  );
}

/** The families' rules are made alike. */
const callersIn: Record<Family, readonly CallerName[]> = { IPv4: callers, IPv6: ['a pod', 'the node'] };

for (const family of families) {
  const changes = changesIn(family);
  for (const caller of callersIn[family]) {
    test(`${caller} calls a Service that changes at this moment, ${family}`, async () => {
      const wrong: string[] = [];
      for (const change of await changes) {
        for (const call of callsBy(family, caller)) wrong.push(...(await wrongAnswers(change, call)));
      }
      assert.equal(wrong.length, 0, `${wrong.length} are wrong, the first:\n${wrong.slice(0, 5).join('\n')}`);
    });
  }
}

test('a client that is on its way when affinity begins is not kept by an endpoint that is ending', async () => {
  const ending = 'ending here, ready elsewhere';
  const before: State = { state: ending, type, internal: 'Local', external: 'Local', n: 1 };
  const after: State = { ...before, internal: 'Cluster', external: 'Cluster', sticky: true };
  for (const call of callsBy('IPv4', 'a client outside')) {
    for (const change of await stepsOf('IPv4', before, after)) {
      if (answerTo(change.after.copy(), call, draw).answer !== 'elsewhere as the node') continue;
      for (const { answer, nft } of await crossings(change, call)) {
        assert.match(answer, /^(here as|elsewhere as the node|silence)/);
        const next = answerTo(nft, call, draw);
        assert.equal(next.answer, 'elsewhere as the node', next.trail);
      }
    }
  }
});
