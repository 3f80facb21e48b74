// What each directive refuses, in its own words. The second line of the file is the directive's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOf } from '../testing/written.ts';
import { directives } from './index.ts';

const range = 'a range of addresses such as 10.0.0.0/8';
const duration = 'a duration such as 5s or 1m30s';
const address = 'an address with a port, such as :8080 or 127.0.0.1:8080';
const upstream = 'an address, or a file such as /etc/resolv.conf that is there';

const table: readonly (readonly [lines: string, ...want: string[]])[] = [
  ['root', '2: root needs one argument, a folder'],
  ['cancel 0s', '2: cancel "0s" must be a duration such as 5s or 1m30s, at least 1ms'],
  ['cancel 1 2', '2: cancel takes no more than one argument: a duration'],
  ['multisocket 0', '2: multisocket "0" must be a whole number from 1 to 1024'],
  ['multisocket x', '2: multisocket "x" must be a whole number from 1 to 1024'],
  ['reload 1s', '2: reload "1s" must be a duration such as 5s or 1m30s, at least 2s'],
  ['reload 10s 1ms', '2: reload "1ms" must be 0s, or a duration of at least 1s'],
  ['reload 10s 1s 1s', '2: reload takes no more than 2 arguments: interval and jitter'],
  ['reload 1000h', '2: reload "1000h" must be shorter than 24 days'],
  ['nsid {\n x\n}', '3: nsid: unknown property "x"'],
  ['bufsize 511', '2: bufsize "511" must be a whole number from 512 to 4096'],
  ['bufsize 4097', '2: bufsize "4097" must be a whole number from 512 to 4096'],
  ['bind', '2: bind needs arguments: addresses or names of interfaces'],
  ['bind nowhere0', '2: bind "nowhere0" must be an IP address or the name of an interface'],
  ['bind 127.0.0.1 {\n except\n}', '3: bind: except needs arguments: addresses or names of interfaces'],
  ['debug on', '2: debug takes no arguments'],
  ['ready 8181', `2: ready "8181" must be ${address}`],
  ['ready ready.test:8181', `2: ready "ready.test:8181" must be ${address}`],
  ['ready {\n monitor\n}', '3: ready: monitor needs one argument, until-ready or continuously'],
  ['ready {\n monitor never\n}', '3: ready: monitor "never" must be until-ready or continuously'],
  ['health :99999', `2: health ":99999" must be ${address}`],
  ['health {\n lameduck\n}', '3: health: lameduck needs one argument, a duration'],
  ['health {\n lameduck 5\n}', `3: health: lameduck "5" must be ${duration}`],
  ['health {\n lameduck -5s\n}', `3: health: lameduck "-5s" must be ${duration}`],
  ['health {\n lameduk 5s\n}', '3: health: unknown property "lameduk"; did you mean "lameduck"?'],
  ['prometheus :9153 :9154', '2: prometheus takes no more than one argument: an address with a port'],
  ['errors {\n consolidate 5m\n}', '3: errors: consolidate needs a duration and a regular expression'],
  ['errors {\n consolidate 5m .* loud\n}', '3: errors: consolidate "loud" must be warning, error, info or debug'],
  [
    'errors {\n consolidate 5m .* info error\n}',
    '3: errors: consolidate: show_first is the last argument, after one level',
  ],
  [
    'errors {\n consolidate 5m [[:alpha:]]\n}',
    '3: errors: cannot read the regular expression "[[:alpha:]]": classes such as [:alpha:] are not supported',
  ],
  ['log {\n class good\n}', '3: log: class "good" must be all, success, denial or error'],
  ['log {\n class\n}', '3: log: class needs arguments: all, success, denial or error'],
  ['log a..b', '2: log: "a..b" is no zone: labels have 1 to 63 octets, names up to 255'],
  ['local x', '2: local takes no arguments'],
  ['any {\n x\n}', '3: any: unknown property "x"'],
  ['minimal x', '2: minimal takes no arguments'],
  ['chaos {\n x\n}', '3: chaos: unknown property "x"'],
  ['loadbalance weighted', '2: loadbalance "weighted" must be round_robin'],
  ['loadbalance {\n prefer 10.0.0.0\n}', `3: loadbalance: prefer "10.0.0.0" must be ${range}`],
  ['rewrite', '2: rewrite "" must be name'],
  ['rewrite type ANY HINFO', '2: rewrite "type" must be name'],
  ['rewrite name a', '2: rewrite "a" must be exact, prefix, suffix, substring or regex'],
  [
    'rewrite name regex ( b',
    '2: rewrite: cannot read the regular expression "(": Invalid regular expression: /(/u: Unterminated group',
  ],
  ['rewrite name regex (.*) {2}.b', '2: rewrite: "{2}.b" uses group 2, but "(.*)" has 1'],
  ['rewrite name exact a b answer', '2: rewrite "" must be auto, name or value'],
  ['rewrite name exact a b answer name x', '2: rewrite: answer name needs a regular expression and a name'],
  ['rewrite name suffix a b answer auto answer name x y', '2: rewrite: answer auto and answer name exclude each other'],
  ['autopath', '2: autopath needs arguments: @kubernetes, or a file such as /etc/resolv.conf'],
  ['autopath @erratic', '2: autopath "@erratic" must be @kubernetes or a file'],
  ['acl {\n allow src 10.0.0.0/8\n}', '3: acl: allow "src" must be type or net'],
  ['acl {\n block net 10.0.0\n}', `3: acl: block "10.0.0" must be ${range}`],
  ['acl {\n block type FOO\n}', '3: acl: block "FOO" must be a type of records, such as AAAA or TYPE65'],
  ['cache 0', '2: cache "0" must be a number of seconds from 1 to 2147483647'],
  ['cache {\n success\n}', '3: cache: success needs arguments: a capacity, the longest TTL, the shortest TTL'],
  ['cache {\n success many\n}', '3: cache: success "many" must be a whole number from 0 to 16777216'],
  ['cache {\n denial 10 0\n}', '3: cache: denial "0" must be a number of seconds from 1 to 2147483647'],
  ['cache {\n prefetch -1\n}', '3: cache: prefetch "-1" must be a whole number, 0 or more'],
  ['cache {\n prefetch 1 1m 5%\n}', '3: cache: prefetch "5%" must be a percentage from 10% to 90%'],
  ['cache {\n prefetch 1 1m 50\n}', '3: cache: prefetch "50" must be a percentage from 10% to 90%'],
  ['cache {\n serve_stale 1h later\n}', '3: cache: serve_stale "later" must be immediate or verify'],
  [
    'cache {\n serve_stale 1h immediate 1.5s\n}',
    '3: cache: serve_stale "1.5s" must be whole seconds: it is the TTL of stale records',
  ],
  ['cache {\n serve_stale 1h immediate 1s 6m\n}', `3: cache: serve_stale "6m" must be ${duration}, up to 5m`],
  [
    'cache {\n serve_stale 1h immediate 1s 1s 1s\n}',
    '3: cache: serve_stale takes no more than 4 arguments: how long, how it is renewed, and times',
  ],
  ['cache {\n serve_stale_policy prefer_positive\n}', '3: cache: serve_stale_policy needs serve_stale'],
  ['cache {\n servfail 6m\n}', `3: cache: servfail "6m" must be ${duration}, up to 5m`],
  ['cache {\n disable\n}', '3: cache: disable needs arguments: success or denial, and zones'],
  ['cache {\n disable all\n}', '3: cache: disable "all" must be success or denial'],
  ['tls', '2: tls: certificate and key are needed: two files'],
  [
    'tls a b {\n client_auth maybe\n}',
    '3: tls: client_auth "maybe" must be nocert, request, require, verify_if_given or require_and_verify',
  ],
  ['template', '2: template needs arguments: a class, a type, and zones'],
  ['template IN', '2: template: a type is needed after the class, such as ANY'],
  ['template XX A', '2: template "XX" must be a class: IN, CH, ANY, CS, HS, NONE'],
  [
    'template IN A {\n rcode NODATA\n}',
    '3: template: rcode "NODATA" must be a response code such as FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED',
  ],
  ['transfer', '2: transfer: "to" is missing: who may transfer the zone'],
  ['transfer {\n to secondary.test\n}', '3: transfer: to "secondary.test" must be an IP address or *'],
  ['hosts {\n ttl 0\n}', '3: hosts: ttl "0" must be a number of seconds from 1 to 65535'],
  ['hosts {\n fallthru\n}', '3: hosts: unknown property "fallthru"; did you mean "fallthrough"?'],
  ['k8s_external {\n apex a.b\n}', '3: k8s_external: apex "a.b" must be one label of a name'],
  ['kubernetes {\n pods maybe\n}', '3: kubernetes: pods "maybe" must be disabled, insecure or verified'],
  ['kubernetes {\n ttl 3601\n}', '3: kubernetes: ttl "3601" must be a number of seconds from 0 to 3600'],
  ['kubernetes {\n endpoint api.test:6443\n}', '3: kubernetes: endpoint "api.test:6443" must be an http(s) URL'],
  ['kubernetes {\n tls a b\n}', '3: kubernetes: tls needs three files: certificate, key and CA'],
  [
    'kubernetes {\n kubeconfig a b c\n}',
    '3: kubernetes: kubeconfig takes no more than 2 arguments: a file, and a context of it',
  ],
  [
    'kubernetes {\n apiserver_burst 1.5\n}',
    '3: kubernetes: apiserver_burst "1.5" must be a whole number, 0 for no opinion',
  ],
  ['kubernetes {\n apiserver_qps -1\n}', '3: kubernetes: apiserver_qps "-1" must be a number, 0 for no opinion'],
  ['kubernetes {\n ignore all\n}', '3: kubernetes: ignore "all" must be empty_service'],
  [
    'kubernetes {\n namespaces a\n namespace_labels b\n}',
    '2: kubernetes: namespaces and namespace_labels exclude each other',
  ],
  ['kubernetes {\n zonal\n noendpoints\n}', '2: kubernetes: zonal and noendpoints exclude each other'],
  [
    'kubernetes {\n multicluster other.test\n}',
    '2: kubernetes: the zones of multicluster must be among those of kubernetes',
  ],
  [
    'kubernetes {\n upstream\n transfer to *\n}',
    '3: kubernetes: unknown property "upstream"',
    'Corefile:4: kubernetes: unknown property "transfer"',
  ],
  ['loop now', '2: loop takes no arguments'],
  ['forward', '2: forward needs arguments: a zone, and the servers to ask'],
  ['forward .', '2: forward: 1 to 15 servers are needed after the zone, not 0'],
  [`forward . ${'192.0.2.1 '.repeat(16)}`, '2: forward: 1 to 15 servers are needed after the zone, not 16'],
  ['forward 10.0.0.0/9 192.0.2.1', '2: forward: 10.0.0.0/9 is several zones: it must end at an octet or nibble'],
  ['forward . dns.test', `2: forward "dns.test" must be ${upstream}`],
  ['forward . /nowhere/resolv.conf', `2: forward "/nowhere/resolv.conf" must be ${upstream}`],
  ['forward . 192.0.2.1:0x35', `2: forward "192.0.2.1:0x35" must be ${upstream}`],
  ['forward . 192.0.2.1%dns.test', `2: forward "192.0.2.1%dns.test" must be ${upstream}`],
  ['forward . tls:///etc/resolv.conf', `2: forward "tls:///etc/resolv.conf" must be ${upstream}`],
  ['forward . {$UNSET}', `2: forward "" must be ${upstream}`],
  ['root /etc\nforward . {$UNSET}', `3: forward "" must be ${upstream}`],
  ['forward . grpc://192.0.2.1', '2: forward "grpc" must be dns, tls or https'],
  [
    'forward . https://192.0.2.1/dns-query',
    '2: forward: https://192.0.2.1/dns-query: the path is always /dns-query; leave it out',
  ],
  [
    'forward . tls://192.0.2.1%a.test {\n tls_servername b.test\n}',
    '2: forward: a server name stands after an address and in tls_servername',
  ],
  ['forward . 192.0.2.1 {\n policy foo\n}', '3: forward: policy "foo" must be random, round_robin or sequential'],
  ['forward . 192.0.2.1 {\n max_concurrent\n}', '3: forward: max_concurrent needs one argument, a number of queries'],
  ['forward . 192.0.2.1 {\n max_fails -1\n}', '3: forward: max_fails "-1" must be a whole number from 0 to 4294967295'],
  ['forward . 192.0.2.1 {\n health_check\n}', '3: forward: health_check needs arguments: a duration'],
  ['forward . 192.0.2.1 {\n health_check 1s twice\n}', '3: forward: health_check "twice" must be no_rec or domain'],
  ['forward . 192.0.2.1 {\n health_check 1s domain\n}', '3: forward: "" is no zone'],
  ['forward . 192.0.2.1 {\n failover NOERROR\n}', '3: forward: failover: NOERROR is no failure'],
  ['forward . 192.0.2.1 {\n next\n}', '3: forward: next needs arguments: response codes'],
  ['forward . 192.0.2.1 {\n force_tcp yes\n}', '3: forward: force_tcp takes no arguments'],
  [
    'forward . 192.0.2.1 {\n tls a b c d\n}',
    '3: forward: tls takes no more than 3 arguments: nothing; CA; certificate, key; certificate, key, CA',
  ],
  ['forward . 192.0.2.1 {\n except {\n a\n }\n}', '3: forward: except takes no block'],
];

for (const [lines, ...want] of table) {
  test(`Corefile:${want[0]}`, async () => {
    const message = `Corefile:${want.join('\n')}`;
    await assert.rejects(settingsOf(`example.org {\n${lines}\n}\n`), { name: 'CorefileError', message });
  });
}

test('every directive refuses something', () => {
  const refusing = new Set(table.map(([lines]) => lines.split(/\s/)[0]));
  assert.deepEqual(
    Object.keys(directives).filter((name) => !refusing.has(name)),
    [],
  );
});
