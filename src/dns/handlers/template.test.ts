// Templates of a Corefile in front of a server that knows everything below `example`, seen by dig.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../testing/dig.ts';
import { forwarding } from '../testing/forwarding.ts';

const brief = (text: string): string[] => {
  const [first = '', ...records] = text.split('\n');
  return [first.split(' ')[0] ?? '', ...records];
};

test('records are written with what the pattern found', { skip }, async (t) => {
  const { ask } = await forwarding(
    t,
    String.raw`template IN A ip.example {
      match ^ip-(?P<a>\d+)-(?P<b>\d+)\.ip\.example\.$
      answer "{{ .Name }} 60 IN A 192.0.{{ .Group.a }}.{{ .Group.b }}"
      additional "{{ .Zone }} 60 IN TXT \"{{ index .Match 1 }} {{ .Type }}\""
      fallthrough
    }`,
  );
  assert.deepEqual(brief(await ask('IP-2-7.ip.example')), [
    'NOERROR',
    'ip-2-7.ip.example. 60 IN A 192.0.2.7',
    'ip.example. 60 IN TXT "2 A"',
  ]);
  assert.deepEqual(brief(await ask('ip-2-300.ip.example')), ['SERVFAIL']);
  assert.deepEqual(brief(await ask('www.ip.example')), ['NOERROR', 'www.ip.example. 300 IN A 192.0.2.0']);
  assert.equal(brief(await ask('ip-2-7.ip.example', 'AAAA'))[0], 'NOERROR');
});

test('a response code alone, as clouds keep names of theirs from leaving', { skip }, async (t) => {
  const { ask, upstream } = await forwarding(
    t,
    String.raw`template ANY ANY internal.example {
      match "^(?:[^.]+\.){4,}internal\.example\.$"
      rcode NXDOMAIN
      fallthrough
    }
    template ANY ANY denied.example {
      rcode REFUSED
    }`,
  );
  assert.deepEqual(brief(await ask('a.b.c.d.internal.example', 'TXT')), ['NXDOMAIN']);
  assert.deepEqual(brief(await ask('www.denied.example')), ['REFUSED']);
  assert.equal(upstream.asked, 0);
  assert.equal(brief(await ask('a.internal.example')).length, 2);
});

test('without fallthrough, names of the zone that no pattern fits do not exist', { skip }, async (t) => {
  const { ask } = await forwarding(t, 'template IN A only.example {\n match ^yes\n answer "{{.Name}} A 192.0.2.9"\n }');
  assert.deepEqual(brief(await ask('no.only.example')), ['NXDOMAIN']);
  assert.deepEqual(brief(await ask('yes.only.example')), ['NOERROR', 'yes.only.example. 3600 IN A 192.0.2.9']);
});
