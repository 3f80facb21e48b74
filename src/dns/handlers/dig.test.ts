// What a Corefile says of names, seen by dig: hosts, rewrite, and what comes behind them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../testing/dig.ts';
import { forwarding } from '../testing/forwarding.ts';

const corefile = `
  cache
  hosts /nonexistent/hosts {
    192.0.2.77 own.example two.example
    fd00::77 own.example
    ttl 60
    fallthrough
  }
  rewrite name exact alias.test own.example
  rewrite name suffix .corp. .example. answer auto
`;
const counts = (answers: number) => `QUERY: 1, ANSWER: ${answers}, AUTHORITY: 0, ADDITIONAL: 1`;

test('hosts, rewrite and forward in one block', { skip }, async (t) => {
  const { upstream, ask } = await forwarding(t, corefile);
  const cases: [args: string, want: string][] = [
    ['own.example', `NOERROR qr aa rd; ${counts(1)}\nown.example. 60 IN A 192.0.2.77`],
    ['own.example AAAA +tcp', `NOERROR qr aa rd; ${counts(1)}\nown.example. 60 IN AAAA fd00::77`],
    ['own.example TXT', `NOERROR qr aa rd; ${counts(0)}`],
    ['-x fd00::77', `NOERROR qr aa rd; ${counts(1)}\n${reverse}. 60 IN PTR own.example.`],
    ['Alias.Test', `NOERROR qr aa rd; ${counts(1)}\nAlias.Test. 60 IN A 192.0.2.77`],
    ['two.corp', `NOERROR qr aa rd; ${counts(1)}\ntwo.corp. 60 IN A 192.0.2.77`],
  ];
  for (const [args, want] of cases) assert.equal(await ask(...args.split(' ')), want, args);
  assert.equal(upstream.asked, 0);
  assert.match(await ask('www.corp'), /^NOERROR qr rd ra ad; .*\nwww\.corp\. \d+ IN A 192\.0\.2\.0$/);
  assert.match(await ask('www.example'), /^NOERROR qr aa rd ra ad; .*\nwww\.example\. \d+ IN A 192\.0\.2\.0$/);
  assert.equal(upstream.asked, 1, 'what was kept for one name is there for the other');
  assert.match(await ask('gone.corp'), /^NXDOMAIN qr rd ra ad; .*\nexample\. \d+ IN SOA ns\.corp\. /);
  assert.match(await ask('large.corp', '+ignore'), /^NOERROR qr tc rd ra ad; QUERY: 1, ANSWER: 7\d,/);
});

const reverse = `7.7.${'0.'.repeat(26)}0.0.d.f.ip6.arpa`;
