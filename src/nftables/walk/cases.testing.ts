// Rules and packets for walk.test.ts. Rules are written as `chain: expression`.

import type { Chain, Hook, NamedSet } from '../objects.ts';
import type { Transaction } from '../transaction.ts';
import type { Packet } from './flow.ts';

export type TestPacket = Partial<Omit<Packet, 'protocol' | 'localAddresses' | 'sport' | 'mark' | 'dport'>> & {
  readonly daddr: string;
  readonly dport: number;
  readonly protocol?: 'tcp' | 'udp';
};

export interface Case {
  readonly name: string;
  /** By `family name`. */
  readonly tables: Record<string, (transaction: Transaction) => void>;
  /** From outside unless they say otherwise. */
  readonly packets: readonly (TestPacket & { readonly want: string })[];
}

const goesOn = 'goes where it was sent';
const dropped = 'is dropped';

const chain = (name: string, hook?: Hook): Chain => ({ kind: 'chain', name, ...(hook && { hook }) });
const filter = (hook: Hook['hook'], priority = 0, policy?: 'drop'): Hook => ({
  type: 'filter',
  hook,
  priority,
  ...(policy && { policy }),
});
const nat = (hook: Hook['hook'], priority = hook === 'prerouting' || hook === 'output' ? -100 : 100): Hook => ({
  type: 'nat',
  hook,
  priority,
});

/** Adds rules; chains that others refer to have to be there already. */
function rules(t: Transaction, chain: string, ...expressions: readonly string[]): void {
  for (const expression of expressions) t.add({ kind: 'rule', chain, expression });
}
const set = (name: string, key: string, flags: NamedSet['flags'] = []): NamedSet => ({ kind: 'set', name, key, flags });
const map = (name: string, key: string, value = 'verdict', flags: NamedSet['flags'] = []): NamedSet => ({
  ...set(name, key, flags),
  value,
});
const frontend = 'ip daddr . meta l4proto . th dport';
const endpoints = map('endpoints', 'ip daddr . tcp dport . numgen random mod 65536', 'ip daddr . tcp dport');

export const cases: readonly Case[] = [
  {
    name: 'addresses, ports and protocols are compared',
    tables: {
      'ip t': (t) => {
        t.add(chain('in', filter('forward')));
        rules(
          t,
          'in',
          'ip saddr 10.1.2.0/24 drop',
          'ip daddr 10.2.0.1 tcp dport 80 drop',
          'ip daddr 10.2.0.1 udp dport != 53 drop',
          'ip daddr { 10.2.0.2, 10.2.0.4-10.2.0.6 } th dport { 1000-2000, 3000 } drop',
          'meta l4proto { tcp, udp } ip daddr 10.2.0.7 drop',
          'meta l4proto != tcp ip daddr 10.2.0.8 counter drop comment "all but tcp"',
          'ip daddr . tcp dport { 10.2.0.11 . 80, 10.2.0.12 . 81-90 } drop',
        );
      },
    },
    packets: [
      { saddr: '10.1.2.255', daddr: '10.2.0.9', dport: 9, want: dropped },
      { saddr: '10.1.3.0', daddr: '10.2.0.9', dport: 9, want: goesOn },
      { daddr: '10.2.0.1', dport: 80, want: dropped },
      { daddr: '10.2.0.1', dport: 81, want: goesOn },
      { daddr: '10.2.0.1', dport: 80, protocol: 'udp', want: dropped },
      { daddr: '10.2.0.1', dport: 53, protocol: 'udp', want: goesOn },
      { daddr: '10.2.0.5', dport: 2000, want: dropped },
      { daddr: '10.2.0.5', dport: 3000, protocol: 'udp', want: dropped },
      { daddr: '10.2.0.5', dport: 2001, want: goesOn },
      { daddr: '10.2.0.3', dport: 1500, want: goesOn },
      { daddr: '10.2.0.7', dport: 1, want: dropped },
      { daddr: '10.2.0.8', dport: 1, want: goesOn },
      { daddr: '10.2.0.8', dport: 1, protocol: 'udp', want: dropped },
      { daddr: '10.2.0.11', dport: 80, want: dropped },
      { daddr: '10.2.0.11', dport: 81, want: goesOn },
      { daddr: '10.2.0.12', dport: 90, want: dropped },
    ],
  },
  {
    name: 'named sets and verdict maps; what is not in them goes on to the next rule',
    tables: {
      'ip t': (t) => {
        t.add(
          set('hosts', 'ip daddr'),
          map('fronts', frontend),
          set('allowed', `${frontend} . ip saddr`),
          chain('target'),
        );
        t.add(set('firewalled', frontend), chain('forward', filter('forward')));
        rules(
          t,
          'forward',
          `${frontend} vmap @fronts`,
          'ip daddr @hosts drop',
          `${frontend} @firewalled ${frontend} . ip saddr != @allowed drop`,
          'ip daddr . tcp dport vmap { 10.2.0.9 . 1 : drop, 10.2.0.9 . 2-3 : goto target }',
        );
        rules(t, 'target', 'tcp dport 3 drop', 'meta mark set 0x3');
        t.addElements('hosts', [{ key: '10.2.0.1' }]);
        t.addElements('fronts', [
          { key: '10.2.0.1 . tcp . 80', value: 'accept' },
          { key: '10.2.0.2 . udp . 80', value: 'drop' },
          { key: '10.2.0.2 . tcp . 81', value: 'goto target', comment: 'noted' },
          { key: '10.2.0.2 . tcp . 82', value: 'jump target' },
        ]);
        t.addElements('firewalled', [{ key: '10.2.0.3 . tcp . 80' }]);
        t.addElements('allowed', [{ key: '10.2.0.3 . tcp . 80 . 10.1.0.1' }]);
      },
    },
    packets: [
      { daddr: '10.2.0.1', dport: 80, want: goesOn },
      { daddr: '10.2.0.1', dport: 81, want: dropped },
      { daddr: '10.2.0.2', dport: 80, want: goesOn },
      { daddr: '10.2.0.2', dport: 80, protocol: 'udp', want: dropped },
      { daddr: '10.2.0.2', dport: 81, want: goesOn },
      { daddr: '10.2.0.2', dport: 82, want: goesOn },
      { daddr: '10.2.0.3', dport: 80, want: goesOn },
      { daddr: '10.2.0.3', dport: 80, saddr: '10.1.0.2', want: dropped },
      { daddr: '10.2.0.3', dport: 81, saddr: '10.1.0.2', want: goesOn },
      { daddr: '10.2.0.9', dport: 1, want: dropped },
      { daddr: '10.2.0.9', dport: 2, want: goesOn },
      { daddr: '10.2.0.9', dport: 3, want: dropped },
      { daddr: '10.2.0.9', dport: 4, want: goesOn },
    ],
  },
  {
    name: 'sets and maps with intervals, alone and in concatenations',
    tables: {
      'ip t': (t) => {
        t.add(set('ranges', 'ip daddr', ['interval']), map('networks', 'ip saddr', 'verdict', ['interval']));
        t.add(set('sources', `${frontend} . ip saddr`, ['interval']), chain('forward', filter('forward')));
        rules(t, 'forward', 'ip daddr @ranges drop', 'ip saddr vmap @networks', `${frontend} . ip saddr @sources drop`);
        t.addElements('ranges', [{ key: '10.2.1.0/24' }, { key: '10.2.2.5-10.2.2.7' }, { key: '10.2.3.1' }]);
        t.addElements('networks', [{ key: '10.1.9.0/24', value: 'drop' }]);
        t.addElements('sources', [
          { key: '10.2.4.1 . tcp . 80-90 . 10.1.4.0/22' },
          { key: '10.2.4.1 . udp . 80 . 0.0.0.0/0' },
        ]);
      },
    },
    packets: [
      { daddr: '10.2.1.255', dport: 1, want: dropped },
      { daddr: '10.2.2.0', dport: 1, want: goesOn },
      { daddr: '10.2.2.4', dport: 1, want: goesOn },
      { daddr: '10.2.2.7', dport: 1, want: dropped },
      { daddr: '10.2.3.1', dport: 1, want: dropped },
      { daddr: '10.2.9.1', dport: 1, saddr: '10.1.9.77', want: dropped },
      { daddr: '10.2.4.1', dport: 85, saddr: '10.1.7.255', want: dropped },
      { daddr: '10.2.4.1', dport: 85, saddr: '10.1.8.0', want: goesOn },
      { daddr: '10.2.4.1', dport: 91, saddr: '10.1.7.255', want: goesOn },
      { daddr: '10.2.4.1', dport: 80, protocol: 'udp', want: dropped },
    ],
  },
  {
    name: 'jump comes back, goto does not, return ends a chain, and the policy is for who comes to the end',
    tables: {
      'ip t': (t) => {
        t.add(chain('inner'), chain('outer'), chain('forward', filter('forward', 0, 'drop')));
        rules(t, 'inner', 'tcp dport 1 return', 'tcp dport 2 accept');
        rules(t, 'outer', 'tcp dport 1-2 jump inner', 'tcp dport 1 accept', 'tcp dport 3 goto inner', 'accept');
        rules(
          t,
          'forward',
          'ip daddr 10.2.0.1 jump outer',
          'tcp dport 3 meta mark set 3',
          'ip daddr 10.2.0.2 return',
          'tcp dport 4 continue',
        );
      },
    },
    packets: [
      { daddr: '10.2.0.1', dport: 1, want: goesOn },
      { daddr: '10.2.0.1', dport: 2, want: goesOn },
      { daddr: '10.2.0.1', dport: 3, want: dropped },
      { daddr: '10.2.0.1', dport: 4, want: goesOn },
      { daddr: '10.2.0.2', dport: 4, want: dropped },
      { daddr: '10.2.0.3', dport: 4, want: dropped },
    ],
  },
  {
    name: 'accept ends its own base chain only; of equal priority the newest comes first, across tables',
    tables: {
      'ip t': (t) => {
        t.add(chain('late', filter('forward', 10)), chain('early', filter('forward', -10)));
        t.add(chain('same-1', filter('forward', 0)), chain('same-2', filter('forward', 0)));
        rules(t, 'early', 'meta mark set 1', 'tcp dport 1 accept', 'meta mark set 2');
        rules(t, 'same-1', 'meta mark set meta mark | 0x10');
        rules(t, 'same-2', 'meta mark set meta mark | 0x20');
        rules(t, 'late', 'tcp dport 1 drop', 'accept');
      },
      'inet u': (t) => {
        t.add(chain('other', filter('forward', 0)));
        rules(
          t,
          'other',
          'ip daddr 10.2.0.1 tcp dport 3 drop',
          'ip6 daddr fd02::1 drop',
          'meta mark set meta mark ^ 0x60',
        );
      },
    },
    packets: [
      { daddr: '10.2.0.1', dport: 1, want: dropped },
      { daddr: '10.2.0.1', dport: 2, want: goesOn },
      { daddr: '10.2.0.1', dport: 3, want: dropped },
      { family: 'ip6', daddr: 'fd02::1', dport: 3, want: dropped },
      { family: 'ip6', daddr: 'fd02::2', dport: 3, want: goesOn },
    ],
  },
  {
    name: 'a marked packet is masqueraded and loses the mark; other bits stay',
    tables: {
      'ip t': (t) => {
        t.add(
          set('hairpins', 'ip saddr . ip daddr'),
          chain('before', filter('prerouting', -150)),
          chain('after', nat('postrouting')),
        );
        rules(
          t,
          'before',
          'tcp dport 1 meta mark set 0x8001',
          'tcp dport 2 meta mark set meta mark | 0x4000',
          'tcp dport 3 meta mark set meta mark or 0x4003',
          'tcp dport 4 meta mark 0 meta mark set 0x00004000',
        );
        rules(
          t,
          'after',
          'tcp dport 4 meta mark & 0x4000 == 0x4000 drop',
          'meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random',
          'ip saddr . ip daddr @hairpins masquerade',
        );
        t.addElements('hairpins', [{ key: '10.1.0.7 . 10.2.0.7' }]);
      },
    },
    packets: [
      { daddr: '10.2.0.1', dport: 1, want: goesOn },
      { daddr: '10.2.0.1', dport: 2, want: `${goesOn}, masqueraded` },
      { daddr: '10.2.0.1', dport: 3, want: `${goesOn}, masqueraded` },
      { daddr: '10.2.0.1', dport: 4, want: dropped },
      { saddr: '10.1.0.7', daddr: '10.2.0.7', dport: 5, want: `${goesOn}, masqueraded` },
    ],
  },
  {
    name: 'translated by a drawn number; later hooks see the new destination, conntrack remembers the old one',
    tables: {
      'ip t': (t) => {
        t.add(map('fronts', frontend), endpoints, chain('one'), chain('local'), chain('nobody'));
        for (const name of ['one', 'local', 'nobody']) {
          const offset = name === 'local' ? 32_768 : name === 'nobody' ? 100 : 0;
          const key = `ip daddr . tcp dport . numgen random mod 1${offset ? ` offset ${offset}` : ''}`;
          rules(t, name, `meta l4proto tcp dnat ip to ${key} map @endpoints`);
        }
        t.add(chain('nat-prerouting', nat('prerouting')), chain('nat-output', nat('output')));
        for (const hook of ['nat-prerouting', 'nat-output'])
          rules(t, hook, `${frontend} vmap @fronts`, 'tcp dport 5 dnat to 10.2.2.2:50');
        for (const hook of ['input', 'forward', 'output', 'postrouting'] as const) {
          t.add(chain(hook, filter(hook, 50)));
          rules(
            t,
            hook,
            'ct state new ct status dnat ct original ip daddr 10.3.0.1 meta l4proto tcp ct original proto-dst 80 meta mark set 0x80',
            'ip daddr 10.2.0.1 tcp dport 8080 meta mark set meta mark | 1',
            'ct state { established, related } drop',
            'ct original ip saddr 10.1.0.66 meta l4proto tcp ct original proto-src != 0 drop',
          );
        }
        t.addElements('fronts', [
          { key: '10.3.0.1 . tcp . 80', value: 'goto one' },
          { key: '10.3.0.1 . tcp . 81', value: 'goto local' },
          { key: '10.3.0.1 . tcp . 82', value: 'goto nobody' },
          { key: '10.2.0.1 . tcp . 8080', value: 'goto one' },
        ]);
        t.addElements('endpoints', [
          { key: '10.3.0.1 . 80 . 0', value: '10.2.0.1 . 8080' },
          { key: '10.3.0.1 . 81 . 32768', value: '10.9.0.2 . 8081' },
          { key: '10.2.0.1 . 8080 . 0', value: '10.2.0.1 . 8080' },
        ]);
      },
    },
    packets: (['prerouting', 'output'] as const).flatMap((from) => [
      { from, daddr: '10.3.0.1', dport: 80, want: 'goes to 10.2.0.1:8080' },
      { from, daddr: '10.3.0.1', dport: 81, want: 'goes to 10.9.0.2:8081' },
      { from, daddr: '10.3.0.1', dport: 82, want: goesOn },
      { from, daddr: '10.3.0.1', dport: 83, want: goesOn },
      { from, daddr: '10.2.0.1', dport: 8080, want: goesOn },
      { from, daddr: '10.3.0.1', dport: 5, want: 'goes to 10.2.2.2:50' },
      ...(from === 'prerouting' ? [{ from, saddr: '10.1.0.66', daddr: '10.3.0.1', dport: 80, want: dropped }] : []),
    ]),
  },
  {
    name: 'to the machine itself: by input, and what it sends to itself by output, postrouting, prerouting and input',
    tables: {
      'ip t': (t) => {
        for (const hook of ['prerouting', 'output', 'input', 'postrouting'] as const) {
          t.add(chain(`nat-${hook}`, nat(hook)), chain(hook, filter(hook, 10)));
          rules(t, hook, 'meta mark set meta mark | 1');
        }
        for (const hook of ['nat-prerouting', 'nat-output'])
          rules(t, hook, 'meta mark set meta mark | 2', 'tcp dport 7 dnat ip to 10.9.0.2:70');
        for (const hook of ['nat-input', 'nat-postrouting']) rules(t, hook, 'meta mark set meta mark | 4');
        rules(t, 'nat-postrouting', 'tcp dport 8 masquerade');
      },
    },
    packets: (['prerouting', 'output'] as const).flatMap((from) => [
      { from, daddr: '10.9.0.1', dport: 6, want: goesOn },
      { from, daddr: '10.3.0.1', dport: 7, want: 'goes to 10.9.0.2:70' },
      ...(from === 'output' ? [{ from, saddr: '127.0.0.1', daddr: '127.0.0.2', dport: 9, want: goesOn }] : []),
      { from, daddr: '10.3.0.1', dport: 9, want: goesOn },
    ]),
  },
  {
    name: 'of several nat chains the first that translates decides; they run at the hook of nat, whatever their priority',
    tables: {
      'ip t': (t) => {
        t.add(chain('nat-late', nat('prerouting', 300)), chain('nat-early', nat('prerouting', -190)));
        t.add(chain('before', filter('prerouting', -150)), chain('after', filter('prerouting', -50)));
        rules(t, 'nat-early', 'tcp dport 1 dnat to 10.2.0.1', 'tcp dport 2 accept', 'tcp dport 4 drop');
        rules(t, 'nat-late', 'tcp dport 1-2 dnat to 10.2.0.2');
        rules(t, 'before', 'meta mark set 1', 'ip daddr 10.2.0.0/16 drop');
        rules(t, 'after', 'ip daddr 10.2.0.0/16 meta mark set 2');
      },
    },
    packets: [
      { daddr: '10.3.0.1', dport: 1, want: 'goes to 10.2.0.1:1' },
      { daddr: '10.3.0.1', dport: 2, want: 'goes to 10.2.0.2:2' },
      { daddr: '10.3.0.1', dport: 3, want: goesOn },
      { daddr: '10.3.0.1', dport: 4, want: dropped },
    ],
  },
  {
    name: 'rejected and dropped by a nat chain, as elements say',
    tables: {
      'ip t': (t) => {
        t.add(chain('reject-chain'), map('called', frontend), endpoints);
        rules(t, 'reject-chain', 'meta l4proto tcp reject with tcp reset', 'reject');
        t.add(chain('choose'));
        rules(
          t,
          'choose',
          'meta l4proto tcp dnat to ip daddr . tcp dport . numgen random mod 1 map @endpoints',
          'drop',
        );
        t.addElements('endpoints', [{ key: '10.3.0.1 . 4 . 0', value: '10.2.0.4 . 4' }]);
        for (const hook of ['prerouting', 'output'] as const) {
          t.add(chain(hook, nat(hook)));
          rules(t, hook, `${frontend} vmap @called`);
        }
        t.add(chain('after', filter('forward')));
        rules(t, 'after', 'ct state new ip daddr 10.3.0.1 drop');
        t.addElements('called', [
          ...['tcp', 'udp'].map((protocol) => ({ key: `10.3.0.1 . ${protocol} . 1`, value: 'goto reject-chain' })),
          { key: '10.3.0.1 . tcp . 2', value: 'drop' },
          ...[3, 4].map((port) => ({ key: `10.3.0.1 . tcp . ${port}`, value: 'goto choose' })),
          { key: '10.9.0.1 . tcp . 1', value: 'goto reject-chain' },
          { key: '10.9.0.2 . udp . 1', value: 'goto reject-chain' },
        ]);
      },
    },
    packets: [
      ...(['prerouting', 'output'] as const).flatMap((from) => [
        { from, daddr: '10.3.0.1', dport: 1, want: 'is rejected with tcp reset' },
        { from, daddr: '10.3.0.1', dport: 1, protocol: 'udp' as const, want: 'is rejected with port-unreachable' },
        { from, daddr: '10.3.0.1', dport: 2, want: dropped },
        { from, daddr: '10.3.0.1', dport: 3, want: dropped },
        { from, daddr: '10.3.0.1', dport: 4, want: 'goes to 10.2.0.4:4' },
      ]),
      { daddr: '10.3.0.1', dport: 5, want: dropped },
      { daddr: '10.9.0.1', dport: 1, want: 'is rejected with tcp reset' },
      { from: 'output', daddr: '10.9.0.2', dport: 1, protocol: 'udp', want: 'is rejected with port-unreachable' },
    ],
  },
  {
    name: 'rejected in each hook that may, a reset only for TCP',
    tables: {
      'ip t': (t) => {
        t.add(chain('reject-chain'));
        rules(
          t,
          'reject-chain',
          'tcp dport 2 reject with icmp type host-unreachable',
          'meta l4proto tcp reject with tcp reset',
          'tcp dport 1 accept',
          'reject',
        );
        for (const hook of ['input', 'forward', 'output'] as const) {
          t.add(chain(hook, filter(hook)));
          rules(
            t,
            hook,
            'th dport 3 reject with tcp reset comment "not for UDP"',
            'ct state new th dport 1-3 goto reject-chain',
          );
        }
      },
    },
    packets: (
      [
        ['prerouting', '10.9.0.1'],
        ['prerouting', '10.2.0.1'],
        ['output', '10.2.0.1'],
        ['output', '10.9.0.2'],
      ] as const
    ).flatMap(([from, daddr]) => [
      { from, daddr, dport: 1, want: 'is rejected with tcp reset' },
      { from, daddr, dport: 2, want: 'is rejected with host-unreachable' },
      { from, daddr, dport: 3, want: 'is rejected with tcp reset' },
      { from, daddr, dport: 1, protocol: 'udp' as const, want: 'is rejected with port-unreachable' },
      { from, daddr, dport: 3, protocol: 'udp' as const, want: 'is rejected with port-unreachable' },
      { from, daddr, dport: 4, want: goesOn },
    ]),
  },
  {
    name: 'addresses of the machine are local',
    tables: {
      'ip t': (t) => {
        for (const hook of ['prerouting', 'output'] as const) {
          t.add(chain(hook, filter(hook, -50)));
          rules(
            t,
            hook,
            'fib daddr type local ip daddr != 127.0.0.0/8 tcp dport 1 drop',
            'fib saddr type local meta mark set meta mark | 1',
            'fib daddr type != local meta mark set meta mark | 2',
          );
        }
      },
    },
    packets: [
      { daddr: '10.9.0.1', dport: 1, want: dropped },
      { daddr: '10.2.0.1', dport: 1, want: goesOn },
      { from: 'output', daddr: '10.9.0.2', dport: 1, want: dropped },
      { from: 'output', daddr: '10.2.0.1', dport: 1, want: goesOn },
      { from: 'output', saddr: '127.0.0.1', daddr: '127.0.0.1', dport: 1, want: goesOn },
    ],
  },
  {
    name: 'what a rule writes into a map is found by the next packet, as long as the map is not full',
    tables: {
      'ip t': (t) => {
        const last = map('last', 'ip saddr . ip daddr . tcp dport', 'ip daddr . tcp dport', ['dynamic', 'timeout']);
        t.add(
          { ...last, size: 2 },
          { ...set('seen', 'ip saddr', ['dynamic']), size: 1 },
          map('remembered', 'ip daddr . tcp dport'),
        );
        t.add(endpoints, chain('remember'), chain('nat-prerouting', nat('prerouting')));
        rules(
          t,
          'remember',
          'meta l4proto tcp update @last { ip saddr . ct original ip daddr . ct original proto-dst timeout 600s : ip daddr . tcp dport } meta mark set 1',
          'add @seen { ip saddr } meta mark set meta mark | 2',
        );
        rules(
          t,
          'nat-prerouting',
          'meta l4proto tcp dnat ip to ip saddr . ip daddr . tcp dport map @last',
          'meta l4proto tcp ip saddr 10.1.0.1 dnat to 10.2.0.1:8080',
          'meta l4proto tcp ip daddr 10.3.0.1 dnat to 10.2.0.2:8080',
        );
        for (const hook of ['postrouting', 'input'] as const) {
          t.add(chain(`nat-${hook}`, nat(hook)));
          rules(
            t,
            `nat-${hook}`,
            'meta l4proto tcp ct status dnat ct original ip daddr . ct original proto-dst vmap @remembered',
          );
        }
        t.addElements('remembered', [{ key: '10.3.0.1 . 80', value: 'goto remember' }]);
        t.addElements('last', [{ key: '10.1.0.9 . 10.3.0.1 . 80', value: '10.9.0.2 . 8080', timeout: 60 }]);
      },
    },
    packets: [
      { saddr: '10.1.0.9', daddr: '10.3.0.1', dport: 80, want: 'goes to 10.9.0.2:8080' },
      { daddr: '10.3.0.1', dport: 80, want: 'goes to 10.2.0.1:8080' },
      { daddr: '10.3.0.1', dport: 80, want: 'goes to 10.2.0.1:8080' },
      { daddr: '10.3.0.1', dport: 81, want: 'goes to 10.2.0.1:8080' },
      // The map is full.
      { saddr: '10.1.0.5', daddr: '10.3.0.1', dport: 80, want: 'goes to 10.2.0.2:8080' },
      { saddr: '10.1.0.5', daddr: '10.3.0.1', dport: 80, want: 'goes to 10.2.0.2:8080' },
    ],
  },
  {
    name: 'an update of what is there begins its time anew, and leaves its value',
    tables: {
      'ip t': (t) => {
        t.add(
          { ...map('chosen', 'ip saddr', 'ip daddr', ['dynamic', 'timeout']), size: 9 },
          { ...set('seen', 'ip saddr . tcp dport', ['dynamic', 'timeout']), size: 9 },
        );
        t.add(chain('nat-prerouting', nat('prerouting')), chain('nat-postrouting', nat('postrouting')));
        rules(
          t,
          'nat-prerouting',
          'tcp dport 3 dnat to ip saddr map @chosen',
          'tcp dport 1 dnat to 10.2.0.1',
          'dnat to 10.2.0.2',
        );
        rules(
          t,
          'nat-postrouting',
          'tcp dport != 3 update @chosen { ip saddr timeout 60s : ip daddr }',
          'add @seen { ip saddr . tcp dport timeout 100s }',
        );
        t.addElements('chosen', [{ key: '10.1.0.8', value: '10.2.0.8', timeout: 5 }]);
      },
    },
    packets: [
      { daddr: '10.3.0.1', dport: 3, want: 'goes to 10.2.0.2:3' },
      { daddr: '10.3.0.1', dport: 1, want: 'goes to 10.2.0.1:1' },
      { daddr: '10.3.0.1', dport: 2, want: 'goes to 10.2.0.2:2' },
      { daddr: '10.3.0.1', dport: 3, want: 'goes to 10.2.0.1:3' },
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 2, want: 'goes to 10.2.0.2:2' },
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 3, want: 'goes to 10.2.0.8:3' },
    ],
  },
  {
    name: 'what a rule deletes is gone, whatever its value; what is not there can be deleted, too',
    tables: {
      'ip t': (t) => {
        t.add(
          { ...map('chosen', 'ip saddr', 'ip daddr', ['dynamic', 'timeout']), size: 9 },
          { ...set('seen', 'ip saddr . tcp dport', ['dynamic', 'timeout']), size: 9 },
        );
        t.add(chain('nat-prerouting', nat('prerouting')), chain('nat-postrouting', nat('postrouting')));
        rules(t, 'nat-prerouting', 'dnat to ip saddr map @chosen', 'dnat to 10.2.0.2');
        rules(
          t,
          'nat-postrouting',
          'tcp dport 1 delete @chosen { ip saddr : ip daddr } delete @seen { ip saddr . tcp dport } drop',
        );
        t.addElements('chosen', [
          { key: '10.1.0.8', value: '10.2.0.8', timeout: 500 },
          { key: '10.1.0.9', value: '10.2.0.9', timeout: 500 },
        ]);
        t.addElements('seen', [{ key: '10.1.0.8 . 1', timeout: 500 }]);
      },
    },
    packets: [
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 2, want: 'goes to 10.2.0.8:2' },
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 1, want: dropped },
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 2, want: 'goes to 10.2.0.2:2' },
      { saddr: '10.1.0.8', daddr: '10.3.0.1', dport: 1, want: dropped },
    ],
  },
  {
    name: 'address and port from a map each',
    tables: {
      'ip t': (t) => {
        t.add(
          map('addresses', 'tcp dport', 'ip daddr'),
          map('ports', 'tcp dport', 'tcp dport'),
          chain('nat-prerouting', nat('prerouting')),
        );
        rules(t, 'nat-prerouting', 'meta l4proto tcp dnat ip to tcp dport map @addresses : tcp dport map @ports');
        t.addElements('addresses', [
          { key: '1', value: '10.2.0.1' },
          { key: '2', value: '10.2.0.2' },
        ]);
        t.addElements('ports', [{ key: '1', value: '10' }]);
      },
    },
    packets: [
      { daddr: '10.3.0.1', dport: 1, want: 'goes to 10.2.0.1:10' },
      { daddr: '10.3.0.1', dport: 2, want: goesOn },
    ],
  },
  {
    name: 'all the same with IPv6',
    tables: {
      'ip6 t': (t) => {
        const front = frontend.replace('ip ', 'ip6 ');
        t.add(
          map('fronts', front),
          set('sources', `${front} . ip6 saddr`, ['interval']),
          set('services', 'ip6 daddr', ['interval']),
        );
        t.add(map('endpoints', 'ip6 daddr . tcp dport . numgen random mod 65536', 'ip6 daddr . tcp dport'));
        t.add(
          chain('web'),
          chain('nat-prerouting', nat('prerouting')),
          chain('nat-output', nat('output')),
          chain('nat-postrouting', nat('postrouting')),
        );
        rules(
          t,
          'web',
          'ip6 saddr != fd01::/120 meta mark set meta mark | 0x4000',
          'meta l4proto tcp dnat ip6 to ip6 daddr . tcp dport . numgen random mod 1 offset 5 map @endpoints',
        );
        for (const hook of ['nat-prerouting', 'nat-output'])
          rules(
            t,
            hook,
            `${front} vmap @fronts`,
            'tcp dport 7 dnat to [fd02::7]:70',
            'tcp dport 8 dnat ip6 to fd09::2',
          );
        rules(
          t,
          'nat-postrouting',
          'meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random',
        );
        for (const hook of ['input', 'forward', 'output'] as const) {
          t.add(chain(hook, filter(hook)));
          rules(
            t,
            hook,
            `ct state new ${front} . ip6 saddr @sources drop`,
            'ip6 daddr @services reject',
            'fib daddr type local ip6 daddr != ::1 tcp dport 9 reject with tcp reset',
            'ct original ip6 daddr fd03::1 meta l4proto tcp ct original proto-dst 80 ip6 daddr fd02::1 meta mark set meta mark | 1',
          );
        }
        t.addElements('fronts', [{ key: 'fd03::1 . tcp . 80', value: 'goto web' }]);
        t.addElements('endpoints', [{ key: 'fd03::1 . 80 . 5', value: 'fd02::1 . 8080' }]);
        t.addElements('sources', [{ key: 'fd02::2 . tcp . 80 . fd01::10-fd01::1f' }]);
        t.addElements('services', [{ key: 'fd03::/112' }]);
      },
      'ip t': (t) => {
        t.add(chain('forward', filter('forward', 0, 'drop')));
      },
    },
    packets: (
      [
        { daddr: 'fd03::1', dport: 80, want: 'goes to [fd02::1]:8080' },
        { saddr: 'fd01::1:1', daddr: 'fd03::1', dport: 80, want: 'goes to [fd02::1]:8080, masqueraded' },
        { daddr: 'fd03::1', dport: 80, protocol: 'udp', want: 'is rejected with port-unreachable' },
        { daddr: 'fd03::5', dport: 7, want: 'goes to [fd02::7]:70' },
        { daddr: 'fd03::5', dport: 8, want: 'goes to [fd09::2]:8' },
        { saddr: 'fd01::10', daddr: 'fd02::2', dport: 80, want: dropped },
        { saddr: 'fd01::20', daddr: 'fd02::2', dport: 80, want: goesOn },
        { daddr: 'fd09::1', dport: 9, want: 'is rejected with tcp reset' },
        { from: 'output', daddr: 'fd09::2', dport: 9, want: 'is rejected with tcp reset' },
        { from: 'output', daddr: 'fd03::1', dport: 80, want: 'goes to [fd02::1]:8080, masqueraded' },
        { from: 'output', daddr: 'fd03::5', dport: 8, want: 'goes to [fd09::2]:8' },
        { from: 'output', saddr: '::1', daddr: '::1', dport: 9, want: goesOn },
      ] as const
    ).map((packet) => ({ family: 'ip6', ...packet })),
  },
  {
    name: 'addresses are hashed with a seed',
    tables: {
      'ip t': (t) => {
        t.add(
          { ...set('hashes', 'numgen random mod 65536 . tcp dport', ['dynamic', 'timeout']), size: 99 },
          chain('in', filter('prerouting')),
        );
        rules(
          t,
          'in',
          'update @hashes { jhash ip saddr mod 4294967295 seed 0x1 . tcp dport timeout 60s }',
          'meta mark set jhash ip daddr mod 100000 seed 0x7 offset 10',
        );
      },
      'ip6 t': (t) => {
        const key = 'numgen random mod 65536 . numgen random mod 65536 . tcp dport';
        t.add(
          { ...map('hashes', key, 'ip6 daddr', ['dynamic', 'timeout']), size: 99 },
          chain('in', filter('prerouting')),
        );
        rules(
          t,
          'in',
          'update @hashes { jhash ip6 saddr mod 4294967295 seed 0x1 . jhash ip6 daddr mod 1000 seed 0x2 . tcp dport timeout 60s : ip6 daddr }',
        );
      },
    },
    packets: [
      ...[1, 2, 3, 4].map((n) => ({ saddr: `10.1.0.${n}`, daddr: '10.2.0.1', dport: n, want: goesOn })),
      ...[1, 2, 3, 4].map((n) => ({
        family: 'ip6' as const,
        saddr: `fd01::${n}`,
        daddr: 'fd02::1',
        dport: n,
        want: goesOn,
      })),
    ],
  },
];
