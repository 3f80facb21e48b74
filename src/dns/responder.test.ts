// What a client gets for each kind of name, as text: status and flags, then a line a record. The cluster is that of
// testing/cluster.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLogger } from '#lib/log.ts';
import { emptyZones, fill, namespace, packet, printed, sample, service, slice } from './testing/cluster.ts';
import { clusterResponder, type TestParts } from './testing/responders.ts';
import { decodeMessage, ednsOf, encodeMessage, type Message, parseName } from './wire/index.ts';

const zones = sample();
const responder = (own = zones, parts: TestParts = {}) => clusterResponder(own, parts);
const client = { address: '192.0.2.1', port: 5353 };

function ask(question: string | Message, { from = responder(), isTcp = false } = {}): string {
  const message = typeof question === 'string' ? packet(question) : question;
  const response = from.respond(encodeMessage(message), client, isTcp);
  assert.ok(response instanceof Uint8Array);
  return printed(response);
}
/** Of a positive answer; the order of addresses is random. */
const answers = (question: string): string[] => {
  const [status = '', ...lines] = ask(question).split('\n');
  assert.match(status, /^NOERROR qr aa rd$/, question);
  return lines.sort();
};

const soa = 'SOA ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 5';
const negative = (status: string) => `${status} qr aa rd\nauthority cluster.local. 5 IN ${soa}`;
const nodata = negative('NOERROR');
const nxdomain = negative('NXDOMAIN');
const web = 'web.default.svc.cluster.local';
const db = 'db.default.svc.cluster.local';

test('existing names answer with their records', () => {
  const cases: Record<string, string[]> = {
    [`${web} A`]: [`${web}. 5 IN A 10.96.0.80`],
    'dual.default.svc.cluster.local A': ['dual.default.svc.cluster.local. 5 IN A 10.96.0.90'],
    'dual.default.svc.cluster.local AAAA': ['dual.default.svc.cluster.local. 5 IN AAAA fd00:96::90'],
    [`${db} A`]: [`${db}. 5 IN A 10.244.1.7`, `${db}. 5 IN A 10.244.2.7`, `${db}. 5 IN A 10.244.3.7`],
    [`db-0.${db} A`]: [`db-0.${db}. 5 IN A 10.244.1.7`],
    [`10-244-3-7.${db} A`]: [`10-244-3-7.${db}. 5 IN A 10.244.3.7`],
    [`10-244-1-5.${web} A`]: [`10-244-1-5.${web}. 5 IN A 10.244.1.5`],
    'fd00-244--0.six.default.svc.cluster.local AAAA': [
      'fd00-244--0.six.default.svc.cluster.local. 5 IN AAAA fd00:244::',
    ],
    '10-1-2-3.default.pod.cluster.local A': ['10-1-2-3.default.pod.cluster.local. 5 IN A 10.1.2.3'],
    'fd00--1.default.pod.cluster.local AAAA': ['fd00--1.default.pod.cluster.local. 5 IN AAAA fd00::1'],
    'dns-version.cluster.local TXT': ['dns-version.cluster.local. 28800 IN TXT "1.1.0"'],
    'cluster.local SOA': [`cluster.local. 5 IN ${soa}`],
    'ns.dns.cluster.local A': ['ns.dns.cluster.local. 5 IN A 10.96.0.10'],
    'alias.default.svc.cluster.local CNAME': [`alias.default.svc.cluster.local. 5 IN CNAME ${web}.`],
  };
  for (const [question, want] of Object.entries(cases)) {
    assert.deepEqual(
      answers(question),
      want.map((line) => `answer ${line}`),
      question,
    );
  }
});

test('SRV: named ports of a cluster Service have weight 100, the bare name lists and weighs every port', () => {
  const additional = `additional ${web}. 5 IN A 10.96.0.80`;
  const named = [additional, `answer _http._tcp.${web}. 5 IN SRV 0 100 80 ${web}.`];
  assert.deepEqual(answers(`_http._tcp.${web} SRV`), named);
  assert.deepEqual(answers(`http.tcp.${web} SRV`), [additional, `answer http.tcp.${web}. 5 IN SRV 0 100 80 ${web}.`]);
  assert.deepEqual(answers(`${web} SRV`), [
    additional,
    `answer ${web}. 5 IN SRV 0 50 80 ${web}.`,
    `answer ${web}. 5 IN SRV 0 50 81 ${web}.`,
  ]);
  const dual = 'dual.default.svc.cluster.local';
  assert.deepEqual(answers(`${dual} SRV`), [
    `additional ${dual}. 5 IN A 10.96.0.90`,
    `additional ${dual}. 5 IN AAAA fd00:96::90`,
    `answer ${dual}. 5 IN SRV 0 50 80 ${dual}.`,
  ]);
  const dns = 'kube-dns.kube-system.svc.cluster.local';
  assert.ok(answers(`${dns} SRV`).includes(`answer ${dns}. 5 IN SRV 0 50 53 ${dns}.`), 'UDP and TCP 53 merge');
});

test('SRV of a headless Service: slice ports, endpoint names, weight shared', () => {
  assert.deepEqual(answers(`_sql._tcp.${db} SRV`), [
    `additional 10-244-3-7.${db}. 5 IN A 10.244.3.7`,
    `additional db-0.${db}. 5 IN A 10.244.1.7`,
    `additional db-1.${db}. 5 IN A 10.244.2.7`,
    `answer _sql._tcp.${db}. 5 IN SRV 0 33 5432 10-244-3-7.${db}.`,
    `answer _sql._tcp.${db}. 5 IN SRV 0 33 5432 db-0.${db}.`,
    `answer _sql._tcp.${db}. 5 IN SRV 0 33 5432 db-1.${db}.`,
  ]);
});

test('six endpoints with a shared host name: weight 16, five records', () => {
  const endpoints = ['a=10.244.0.1', 'a=10.244.0.2', 'b=10.244.0.3', 'c=10.244.0.4', 'd=10.244.0.5', 'e=10.244.0.6'];
  const own = fill(emptyZones(), [
    namespace('default'),
    service('s', { clusterIP: 'None' }),
    slice('s-1', 's', endpoints, [{ name: 'p', protocol: 'TCP', port: 1 }]),
  ]);
  const lines = ask('_p._tcp.s.default.svc.cluster.local SRV', { from: responder(own) }).split('\n');
  assert.equal(lines.filter((line) => / SRV 0 16 1 /.test(line)).length, 5);
  assert.equal(lines.filter((line) => /^additional .* A /.test(line)).length, 6);
});

test('PTR leads from a cluster address to its Service, from an endpoint to each of its names', () => {
  const cases: Record<string, string[]> = {
    '80.0.96.10.in-addr.arpa': [`${web}.`],
    '7.1.244.10.in-addr.arpa': [`db-0.${db}.`],
    '5.1.244.10.in-addr.arpa': [`10-244-1-5.${web}.`],
    '0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa': ['dual.default.svc.cluster.local.'],
  };
  for (const [name, want] of Object.entries(cases)) {
    assert.deepEqual(
      answers(`${name} PTR`),
      want.map((target) => `answer ${name}. 5 IN PTR ${target}`),
      name,
    );
  }
});

test('reverse zones: unknown addresses, other types and names on the way', () => {
  const tail = (zone: string) =>
    `authority ${zone}. 5 IN ${soa}`
      .replaceAll('dns.cluster.local', `dns.${zone}`)
      .replaceAll('hostmaster.cluster.local', `hostmaster.${zone}`);
  const cases: [question: string, want: string][] = [
    ['77.0.96.10.in-addr.arpa PTR', `NXDOMAIN qr aa rd\n${tail('96.10.in-addr.arpa')}`],
    ['77.0.111.10.in-addr.arpa PTR', `NXDOMAIN qr aa rd\n${tail('111.10.in-addr.arpa')}`],
    ['80.0.96.10.in-addr.arpa A', `NOERROR qr aa rd\n${tail('96.10.in-addr.arpa')}`],
    ['0.96.10.in-addr.arpa PTR', `NOERROR qr aa rd\n${tail('96.10.in-addr.arpa')}`],
    ['256.0.96.10.in-addr.arpa PTR', `NXDOMAIN qr aa rd\n${tail('96.10.in-addr.arpa')}`],
    ['1.0.0.127.in-addr.arpa PTR', 'REFUSED qr rd'],
    ['9.9.244.10.in-addr.arpa PTR', `NXDOMAIN qr aa rd\n${tail('244.10.in-addr.arpa')}`],
  ];
  for (const [question, want] of cases) assert.equal(ask(question), want, question);
});

test('NODATA for names that exist without the type', () => {
  const questions = [
    'cluster.local A',
    'cluster.local TXT',
    'cluster.local ANY',
    'svc.cluster.local A',
    'pod.cluster.local A',
    'svc.cluster.local SOA',
    'default.svc.cluster.local A',
    'empty.svc.cluster.local TXT',
    'default.pod.cluster.local A',
    `${web} AAAA`,
    `${web} TYPE65`,
    `${web} ANY`,
    `${web} SOA`,
    `${web} NS`,
    `${web} PTR`,
    `${web} CNAME`,
    `_http._tcp.${web} A`,
    `10-244-1-5.${web} AAAA`,
    `10-244-1-5.${web} SRV`,
    `${db} AAAA`,
    'six.default.svc.cluster.local A',
    'six.default.svc.cluster.local SRV',
    'alias.default.svc.cluster.local SRV',
    'alias.default.svc.cluster.local TXT',
    'alias.default.svc.cluster.local ANY',
    '10-1-2-3.default.pod.cluster.local AAAA',
    'dns-version.cluster.local A',
    'ns.dns.cluster.local AAAA',
  ];
  for (const question of questions) assert.equal(ask(question), nodata, question);
});

test('NXDOMAIN for names that do not exist, whatever the type', () => {
  const names = [
    'foo.cluster.local',
    'missing.svc.cluster.local',
    'missing.pod.cluster.local',
    'nowhere.default.svc.cluster.local',
    'unseen.missing.svc.cluster.local',
    `nope.${web}`,
    `10-244-1-6.${web}`,
    `_http.${web}`,
    `_tcp.${web}`,
    `_nope._tcp.${web}`,
    `_http._udp.${web}`,
    `a._http._tcp.${web}`,
    `*.default.svc.cluster.local`,
    `10-244-1-7.${db}`,
    `db-2.${db}`,
    'down.default.svc.cluster.local',
    '10-244-1-9.down.default.svc.cluster.local',
    'nobody.default.svc.cluster.local',
    'address.default.svc.cluster.local',
    '_http._tcp.alias.default.svc.cluster.local',
    'x.alias.default.svc.cluster.local',
    '1-2-3.default.pod.cluster.local',
    '256-1-1-1.default.pod.cluster.local',
    'blah.default.pod.cluster.local',
    '10-1-2-3.missing.pod.cluster.local',
    'a.10-1-2-3.default.pod.cluster.local',
    'svc.svc.cluster.local',
    `${web}.${web}`,
  ];
  for (const name of names) {
    for (const type of ['A', 'AAAA', 'SRV', 'SOA', 'TXT', 'TYPE65'])
      assert.equal(ask(`${name} ${type}`), nxdomain, name);
  }
});

test('ExternalName: chains inside the cluster, loops and dead ends', () => {
  const at = (name: string) => `${name}.default.svc.cluster.local.`;
  const tail = `authority cluster.local. 5 IN ${soa}`;
  const cases: Record<string, string[]> = {
    'alias A': [`answer ${at('alias')} 5 IN CNAME ${at('web')}`, `answer ${at('web')} 5 IN A 10.96.0.80`],
    'alias2 A': [
      `answer ${at('alias2')} 5 IN CNAME ${at('alias')}`,
      `answer ${at('alias')} 5 IN CNAME ${at('web')}`,
      `answer ${at('web')} 5 IN A 10.96.0.80`,
    ],
    'alias AAAA': [`answer ${at('alias')} 5 IN CNAME ${at('web')}`, tail],
    'gone A': [`answer ${at('gone')} 5 IN CNAME ${at('nowhere')}`, tail],
    'loop-a A': [
      `answer ${at('loop-a')} 5 IN CNAME ${at('loop-b')}`,
      `answer ${at('loop-b')} 5 IN CNAME ${at('loop-a')}`,
      tail,
    ],
    'outside A': [`answer ${at('outside')} 5 IN CNAME www.example.com.`],
  };
  for (const [question, want] of Object.entries(cases)) {
    const [name, type] = question.split(' ');
    assert.equal(ask(`${name}.default.svc.cluster.local ${type}`), ['NOERROR qr aa rd', ...want].join('\n'), question);
  }
});

test('case is ignored; answers repeat the spelling of the question and of its zone', () => {
  const spelled = 'WEB.Default.svc.Cluster.LOCAL';
  assert.deepEqual(answers(`${spelled} A`), [`answer ${spelled}. 5 IN A 10.96.0.80`]);
  assert.deepEqual(answers(`_HTTP._tcp.${spelled} SRV`), [
    'additional web.default.svc.Cluster.LOCAL. 5 IN A 10.96.0.80',
    `answer _HTTP._tcp.${spelled}. 5 IN SRV 0 100 80 web.default.svc.Cluster.LOCAL.`,
  ]);
  assert.equal(
    ask('nope.Cluster.LOCAL A'),
    `NXDOMAIN qr aa rd\nauthority Cluster.LOCAL. 5 IN ${soa}`
      .replaceAll('s.cluster.local', 's.Cluster.LOCAL')
      .replaceAll('r.cluster.local', 'r.Cluster.LOCAL'),
  );
  // Answers kept for the lower-case name are not disturbed.
  assert.deepEqual(answers(`${web} A`), [`answer ${web}. 5 IN A 10.96.0.80`]);
});

test('the apex names the DNS Service as its server, or ns.dns when there is none', () => {
  assert.deepEqual(answers('cluster.local NS'), [
    'additional kube-dns.kube-system.svc.cluster.local. 5 IN A 10.96.0.10',
    'answer cluster.local. 5 IN NS kube-dns.kube-system.svc.cluster.local.',
  ]);
  const alone = responder(emptyZones({ ownAddresses: ['192.0.2.53'] }));
  assert.equal(
    ask('cluster.local NS', { from: alone }),
    'NOERROR qr aa rd\nanswer cluster.local. 5 IN NS ns.dns.cluster.local.\nadditional ns.dns.cluster.local. 5 IN A 192.0.2.53',
  );
});

test('before the first sync what is not found is SERVFAIL, the apex answers', () => {
  const early = responder(emptyZones(), { isSynced: () => false });
  assert.equal(ask(`${web} A`, { from: early }), negative('SERVFAIL'));
  assert.equal(ask('svc.cluster.local A', { from: early }), nodata);
  assert.match(ask('cluster.local SOA', { from: early }), /^NOERROR qr aa rd\nanswer /);
});

test('flags: RD and CD are repeated, AD and RA are not', () => {
  const withFlags = (flags: number) => ask({ ...packet(`${web} A`), flags }).split('\n')[0];
  assert.equal(withFlags(0), 'NOERROR qr aa');
  assert.equal(withFlags(0x01b0), 'NOERROR qr aa rd cd');
});

test('EDNS: answered when sent, DO repeated, version 1 is BADVERS', () => {
  const opt = (version: number, dnssecOk: boolean) => {
    const query = packet(`${web} A`);
    const edns = { udpSize: 4096, version, dnssecOk, options: [{ code: 10, data: new Uint8Array(8) }] };
    const ttl = version * 0x10000 + (dnssecOk ? 0x8000 : 0);
    const record = { name: '', class: 4096, ttl, data: { type: 'OPT', options: edns.options } } as const;
    const response = responder().respond(encodeMessage({ ...query, additional: [record] }), client, false);
    return ednsOf(decodeMessage(response as Uint8Array));
  };
  assert.deepEqual(opt(0, true), { udpSize: 1232, version: 0, dnssecOk: true, extendedRcode: 0, options: [] });
  assert.deepEqual(opt(1, false), { udpSize: 1232, version: 0, dnssecOk: false, extendedRcode: 1, options: [] });
});

test('zone transfers, other classes and names without a forwarder are refused', () => {
  assert.equal(ask('cluster.local AXFR', { isTcp: true }), 'REFUSED qr rd');
  assert.equal(ask('www.example.com A'), 'REFUSED qr rd');
  const chaos = { ...packet(`${web} A`), question: { name: parseName(web), type: 1, class: 3 } };
  assert.equal(ask(chaos), 'REFUSED qr rd');
});

test('whatever is asked, the answer is a message that repeats the id and fits, and nothing fails', () => {
  const failures: string[] = [];
  const log = createLogger('dns', 'error', (line) => failures.push(line));
  const from = responder(zones, { log });
  const word = fc.constantFrom(
    'web',
    'db',
    'DB-0',
    'loop-a',
    '_http',
    '_tcp',
    'default',
    'svc',
    'pod',
    'fd00--1',
    '1-2-3-4',
    'a--',
    '--',
    'ns',
    'dns',
    '96',
    '10',
    'f',
    'in-addr',
    'ip6',
    'arpa',
    'x'.repeat(63),
  );
  const zone = fc.constantFrom(
    'cluster.local',
    'default.svc.Cluster.local',
    '96.10.in-addr.arpa',
    'd.f.ip6.arpa',
    'example.com',
  );
  const type = fc.constantFrom(
    'A',
    'AAAA',
    'SRV',
    'CNAME',
    'PTR',
    'NS',
    'SOA',
    'TXT',
    'OPT',
    'ANY',
    'AXFR',
    'TYPE0',
    'TYPE65535',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 3 }), zone, type, fc.boolean(), (words, end, mnemonic, isTcp) => {
      const query = encodeMessage(packet(`${[...words, end].join('.')} ${mnemonic}`, 4711));
      const response = from.respond(query, client, isTcp);
      assert.ok(response instanceof Uint8Array && (isTcp || response.length <= 512));
      assert.equal(decodeMessage(response).id, 4711);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void from.respond(Buffer.from(bytes), client, false)),
  );
  assert.deepEqual(failures, []);
});
