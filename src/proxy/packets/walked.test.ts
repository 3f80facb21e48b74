// The tables, by packets walked through the rules in memory: every type of Service, policy, state of its endpoints, family and
// caller; TCP everywhere, and UDP, SCTP and session affinity with every row of the tables.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Family } from '#lib/cidr.ts';
import type { FakeNft } from '#nftables/index.ts';
import type { ProgrammeOptions } from '../programme.ts';
import { families, type Protocol, protocols } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import {
  addressOf,
  allCases,
  type Called,
  type CallerName,
  type Case,
  callers,
  outerAddresses,
  serviceFor,
  slicesFor,
  sourceOf,
  types,
  wanted,
} from './cases.testing.ts';
import { answerTo, type Call, nodeWith } from './node.testing.ts';
import { cellOf, readTable } from './read.testing.ts';
import { maskingTable } from './tables.testing.ts';

const load = (family: Family, cases: readonly Case[], changed?: Partial<ProgrammeOptions>): Promise<FakeNft> =>
  nodeWith(
    family,
    cases.map((one) => ({ service: serviceFor(one), slices: slicesFor(one) })),
    changed,
  );

function callOf(family: Family, caller: CallerName, called: Called, one: Case, protocol: Protocol): Call {
  const world: World = worlds[family];
  const isFromNode = caller === 'the node';
  return { family, source: sourceOf(world, caller), isFromNode, protocol, ...addressOf(world, one, called) };
}

const told = (caller: string, called: Called, { type, internal, external, state }: Case, protocol: Protocol): string =>
  `${caller} calls the ${called} of a ${type.name} (internal ${internal}, external ${external ?? '-'}), ${protocol}, endpoints ${state}`;

/** What is wrong with the answers, in words; one draw goes to each endpoint where there are two. */
function differences(nft: FakeNft, call: Call, want: readonly string[], what: string): string[] {
  const got = [0.1, 0.9].map((draw) => answerTo(nft, call, draw));
  const distinct = [...new Set(got.map(({ answer }) => answer))].sort();
  if (distinct.join() === want.join()) return [];
  const { trail } = got.find(({ answer }) => !want.includes(answer)) ?? { trail: '' };
  return [`${what}: want ${want.join(', ')}, got ${distinct.join(', ')}\n${trail}`];
}

function report(wrong: readonly string[]): void {
  assert.equal(wrong.length, 0, `${wrong.length} are wrong, the first:\n${wrong.slice(0, 5).join('\n')}`);
}

const cases = allCases();
const isCalledAt = ({ type }: Case, called: Called): boolean => called === 'cluster IP' || type.outer.includes(called);

for (const family of families) {
  describe(`packets for Services, ${family}`, () => {
    const loaded = load(family, cases);
    for (const caller of callers) {
      for (const called of ['cluster IP', ...outerAddresses] as const) {
        test(`${caller} calls the ${called}, with all types, policies and states of endpoints`, async () => {
          const nft = await loaded;
          const wrong = cases.flatMap((one) => {
            if (!isCalledAt(one, called)) return [];
            const want = wanted(caller, called, one);
            return (one.type.outer === outerAddresses ? protocols : (['tcp'] as const)).flatMap((protocol) =>
              differences(
                nft,
                callOf(family, caller, called, one, protocol),
                want,
                told(caller, called, one, protocol),
              ),
            );
          });
          report(wrong);
        });
      }
    }
  });

  describe(`packets for Services with session affinity, ${family}`, () => {
    const sticky = cases.filter(({ type }) => type.outer === outerAddresses).map((one) => ({ ...one, sticky: true }));
    const loaded = load(family, sticky);
    for (const caller of callers) {
      test(`${caller} stays where it was first`, async () => {
        const nft = await loaded;
        const wrong = sticky.flatMap((one) =>
          (['cluster IP', ...outerAddresses] as const).flatMap((called, i) => {
            const want = wanted(caller, called, one);
            const protocol = protocols[i % protocols.length] as Protocol;
            const call = callOf(family, caller, called, one, protocol);
            // One that goes to the first endpoint, one that goes to the second, by turns.
            const draws = one.n % 2 === 0 ? [0.1, 0.9] : [0.9, 0.1];
            const [first, second] = draws.map((draw) => answerTo(nft, call, draw));
            if (first && want.includes(first.answer) && first.answer === second?.answer) return [];
            const got = `${first?.answer}, then ${second?.answer}`;
            return `${told(caller, called, one, protocol)}: want one of ${want.join(', ')}, got ${got}\n${second?.trail}`;
          }),
        );
        report(wrong);
      });
    }
  });

  describe(`whose source is hidden, ${family}`, () => {
    const { heads, rows } = readTable(maskingTable);
    const changes = [
      { name: 'masquerading all', changed: { masqueradeAll: true }, columns: heads.slice(0, 2) },
      { name: 'not knowing pods', changed: { clusterCIDRs: [], nodePodCIDRs: [] }, columns: heads.slice(2) },
    ];
    for (const { name, changed, columns } of changes) {
      test(name, async () => {
        const [type] = types;
        assert.ok(type);
        const two = ['here', 'elsewhere'].map(
          (where, n): Case => ({ state: `ready ${where}`, type, internal: 'Cluster', n }),
        );
        const nft = await load(family, two, changed);
        const wrong = callers.flatMap((caller) =>
          two.flatMap((one, i) => {
            const want = cellOf(rows, caller, columns[i] ?? '');
            return differences(nft, callOf(family, caller, 'cluster IP', one, 'tcp'), [want], `${name}: ${caller}`);
          }),
        );
        report(wrong);
      });
    }
  });
}
