// The plain rows of the tables by clients of another make: kdig (Knot DNS), one connection for all questions of a
// configuration, and delv (BIND's validating resolver), which follows answers and believes none at first sight.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '#lib/run.ts';
import { answersIn, skipWithout } from '../testing/dig.ts';
import { listening } from '../testing/listening.ts';
import type { Row } from './document.testing.ts';
import { documents } from './documents.testing.ts';
import { textOfDig, wanted } from './expected.testing.ts';
import { Servers } from './servers.testing.ts';

const rows = documents
  .flatMap(({ rules }) => rules.flatMap(({ rows }) => rows))
  .filter(({ question, expected }) => question.options.size === 0 && expected.counts === undefined);

/** kdig's words in those of dig. */
const inDigsWords = (text: string): string =>
  text
    .replace(/^;; Flags: ([\w ]+); QUERY: (\d+); ANSWER/m, ';; flags: $1; QUERY: $2, ANSWER')
    .replace(/^;; Version: (\d+); flags: (\w*) ?; UDP size: (\d+) B.*$/m, (_, version, flags, size) => {
      return `; EDNS: version: ${version}, flags:${flags && ` ${flags}`}; udp: ${size}`;
    });

for (const transport of ['udp', 'tcp'] as const) {
  const skip = skipWithout('kdig', 'knot-dnsutils');
  test(`every plain row by kdig over ${transport.toUpperCase()}, on one connection`, { skip }, async (t) => {
    const servers = await Servers.start(t);
    for (const all of Map.groupBy(rows, ({ corefile, isSynced }) => `${isSynced} ${corefile}`).values()) {
      const { responder, zoneOf } = await servers.of(all[0] as Row);
      const port = await listening(t, responder);
      const usual = [
        '@127.0.0.1',
        '-p',
        String(port),
        '+retry=0',
        '+time=5',
        '+edns',
        '+noidn',
        '+keepopen',
        '+ignore',
      ];
      const asked = all.flatMap(({ question: { name, type } }) => ['-q', name, '-t', type]);
      const text = await run('kdig', [...usual, transport === 'tcp' ? '+tcp' : '+notcp', ...asked]);
      const texts = answersIn(text);
      assert.equal(texts.length, all.length);
      for (const [at, { question, expected }] of all.entries()) {
        const got = textOfDig(inDigsWords(texts[at] ?? ''), false);
        assert.equal(got, wanted(expected, question, zoneOf), question.text);
      }
    }
  });
}

test('delv follows what it is told', { skip: skipWithout('delv', 'bind9-dnsutils') }, async (t) => {
  const servers = await Servers.start(t);
  const corefile = '. {\n kubernetes cluster.local 10.96.0.0/12 {\n pods insecure\n }\n}\n';
  const { responder } = await servers.of({ corefile, isSynced: true });
  const port = await listening(t, responder);
  const at = (name: string) => `${name}.default.svc.cluster.local.`;
  const soa = 'SOA ns.dns.cluster.local. hostmaster.cluster.local. SERIAL 7200 1800 86400 5';
  const cases: [args: string[], want: string[]][] = [
    [[at('web'), 'A'], [`${at('web')} 5 IN A 10.96.0.80`]],
    [
      [at('alias'), 'A', '+tcp'],
      [`${at('alias')} 5 IN CNAME ${at('web')}`, `${at('web')} 5 IN A 10.96.0.80`],
    ],
    [[at('_http._tcp.web'), 'SRV'], [`${at('_http._tcp.web')} 5 IN SRV 0 100 80 ${at('web')}`]],
    [['-x', '10.96.0.80'], [`80.0.96.10.in-addr.arpa. 5 IN PTR ${at('web')}`]],
    [
      [at('web'), 'AAAA'],
      [`; ${at('web')} 5 IN \\-AAAA ;-$NXRRSET`, `; cluster.local. ${soa}`],
    ],
    [
      [at('nope'), 'A'],
      [`; ${at('nope')} 5 IN \\-ANY ;-$NXDOMAIN`, `; cluster.local. ${soa}`],
    ],
  ];
  for (const [args, want] of cases) {
    // -i: without signatures. 400 addresses come by TCP, after an answer with TC.
    const text = await run('delv', ['@127.0.0.1', '-p', String(port), '-i', ...args]);
    const lines = text.split('\n').map((line) => line.replace(/\s+/g, ' ').replace(/\d{10} 7200/, 'SERIAL 7200'));
    assert.deepEqual(
      lines.filter((line) => / IN |SOA/.test(line)),
      want,
      args.join(' '),
    );
  }
  const many = await run('delv', ['@127.0.0.1', '-p', String(port), '-i', at('many'), 'A']);
  assert.equal(many.match(/ IN\s+A\s/g)?.length, 400);
});
