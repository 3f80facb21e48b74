// Directives that answer, refuse or change whatever else there is, seen by dig through a server with a Corefile in front of
// another one that knows everything below `example`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../testing/dig.ts';
import { forwarding } from '../testing/forwarding.ts';

/** Status and records, without the counts. */
const brief = (text: string): string[] => {
  const [first = '', ...records] = text.split('\n');
  return [first.split(' ')[0] ?? '', ...records];
};

test('local: names of the machine itself', { skip }, async (t) => {
  const { ask, upstream } = await forwarding(t, 'local');
  assert.deepEqual(brief(await ask('localhost')), ['NOERROR', 'localhost. 604800 IN A 127.0.0.1']);
  assert.deepEqual(brief(await ask('localhost.example', 'AAAA')), ['NOERROR', 'localhost.example. 604800 IN AAAA ::1']);
  assert.deepEqual(brief(await ask('-x', '127.0.0.1')), [
    'NOERROR',
    '1.0.0.127.in-addr.arpa. 604800 IN PTR localhost.',
  ]);
  assert.equal(brief(await ask('localhost', 'MX')).length, 2);
  assert.deepEqual(brief(await ask('a.localhost')), ['NOERROR', 'a.localhost. 604800 IN A 127.0.0.1']);
  assert.deepEqual(brief(await ask('localhost', 'NS')), ['NOERROR', 'localhost. 604800 IN NS localhost.']);
  assert.match(
    brief(await ask('localhost', 'SOA'))[1] ?? '',
    /^localhost\. 604800 IN SOA localhost\. root\.localhost\. /,
  );
  assert.equal(upstream.asked, 0);
});

test('any: as little as there is', { skip }, async (t) => {
  const { ask, upstream } = await forwarding(t, 'any');
  assert.deepEqual(brief(await ask('www.example', 'ANY')), [
    'NOERROR',
    'www.example. 8482 IN HINFO "ANY obsoleted" "See RFC 8482"',
  ]);
  assert.equal(upstream.asked, 0);
});

test('chaos: version and authors', { skip }, async (t) => {
  const { ask } = await forwarding(t, 'chaos v1 zoe adam');
  assert.deepEqual(brief(await ask('version.bind', 'CH', 'TXT')), ['NOERROR', 'version.bind. 0 CH TXT "v1"']);
  assert.deepEqual(brief(await ask('AUTHORS.bind', 'CH', 'TXT')), [
    'NOERROR',
    'AUTHORS.bind. 0 CH TXT "adam"',
    'AUTHORS.bind. 0 CH TXT "zoe"',
  ]);
});

test('acl: the first policy that fits decides', { skip }, async (t) => {
  const rules = `acl blocked.example { block }
    acl filtered.example { filter type AAAA HTTPS }
    acl dropped.example { drop net 127.0.0.0/8 }
    acl { allow net 127.0.0.1
      block }`;
  const { ask } = await forwarding(t, rules);
  assert.deepEqual(brief(await ask('www.blocked.example')), ['REFUSED']);
  assert.deepEqual(brief(await ask('www.filtered.example', 'AAAA')), ['NOERROR']);
  assert.deepEqual(brief(await ask('www.filtered.example', 'HTTPS')), ['NOERROR']);
  assert.equal(brief(await ask('www.filtered.example')).length, 2);
  await assert.rejects(ask('www.dropped.example', '+time=1'));
  assert.equal(brief(await ask('www.example')).length, 2);
  assert.deepEqual(brief(await (await forwarding(t, 'acl { block net 127.0.0.0/8 }')).ask('www.example')), ['REFUSED']);
});

test('minimal: nothing beside the answer, but all of a denial', { skip }, async (t) => {
  const { ask } = await forwarding(t, 'minimal');
  assert.deepEqual(brief(await ask('www.example')), ['NOERROR', 'www.example. 300 IN A 192.0.2.0']);
  assert.equal(brief(await ask('gone.example')).length, 2);
});

test('nsid: who answers, for those who ask', { skip }, async (t) => {
  const { ask } = await forwarding(t, 'nsid one\n loadbalance');
  const text = await ask('www.example', '+nsid', '+yaml');
  assert.match(text, /NSID/);
  assert.doesNotMatch(await ask('www.example', '+yaml'), /NSID/);
});

test('loadbalance: another order in each response', { skip }, async (t) => {
  const { ask } = await forwarding(t, 'loadbalance');
  const orders = new Set<string>();
  for (let i = 0; i < 5; i++) orders.add(await ask('large.example', '+tcp'));
  assert.ok(orders.size > 1);
});
