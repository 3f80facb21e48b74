import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { emptyZones, fill, http, namespace, service, slice } from '../testing/cluster.ts';
import { formatName, parseName } from '../wire/index.ts';
import { addressOf, reverseZoneNames } from './reverse-zone.ts';

const web = service('web', { clusterIPs: ['10.96.0.80'], ports: [{ name: 'http', protocol: 'TCP', port: 80 }] });
const has = (dump: string, text: string) => dump.includes(text);

test('records appear, change and go with their objects, in any order', () => {
  const zones = emptyZones();
  fill(zones, [slice('web-1', 'web', ['10.244.0.1'], [http]), web]);
  assert.ok(!has(zones.dump(), 'web.'), 'no namespace yet');
  fill(zones, [namespace('default')]);
  assert.ok(has(zones.dump(), '10-244-0-1.web.default.svc.cluster.local. 5 IN A 10.244.0.1'));

  fill(zones, [slice('web-1', 'web', ['10.244.0.2'], [http])]);
  assert.ok(!has(zones.dump(), '10-244-0-1.'));
  assert.ok(has(zones.dump(), '10-244-0-2.'));
  assert.deepEqual(zones.index.endpointNamesOf('10.244.0.1'), []);

  fill(zones, [slice('web-1', 'other', ['10.244.0.2'], [http])]);
  assert.ok(!has(zones.dump(), '10-244-0-2.'), 'the slice belongs to another Service now');

  zones.index.removeService({ namespace: 'default', name: 'web' });
  assert.ok(!has(zones.dump(), 'web.'));
  zones.index.removeNamespace('default');
  assert.equal(zones.zoneOf(parseName('cluster.local'))?.find(parseName('default.svc.cluster.local')), undefined);
});

test('a change touches only the names of its Service, and none when DNS cannot see it', () => {
  const zones = fill(emptyZones(), [namespace('default'), web, slice('web-1', 'web', ['10.244.0.1'], [http])]);
  const key = parseName('web.default.svc');
  const before = zones.index.owner(key);
  fill(zones, [service('db', { clusterIPs: ['10.96.0.90'] })]);
  assert.equal(zones.index.owner(key), before);
  const terminating = slice('web-1', 'web', ['10.244.0.1'], [http]);
  for (const endpoint of terminating.endpoints) endpoint.conditions = { ready: true, serving: true, terminating: true };
  fill(zones, [terminating]);
  assert.equal(zones.index.owner(key), before);
});

test('ranges become the reverse zones that cover them', () => {
  const names = (text: string) => reverseZoneNames(parseCidr(text) as Cidr).map(formatName);
  assert.deepEqual(names('10.244.0.0/16'), ['244.10.in-addr.arpa.']);
  assert.equal(names('10.96.0.0/12').length, 16);
  assert.equal(names('10.96.0.0/12').at(-1), '111.10.in-addr.arpa.');
  assert.deepEqual(names('fd00:10:96::/47').length, 2);
  assert.deepEqual(names('fd00::/8'), ['d.f.ip6.arpa.']);
});

test('reverse names spell addresses', () => {
  const cases: [name: string, want: string | undefined][] = [
    ['4.3.2.1.in-addr.arpa', '1.2.3.4'],
    ['3.2.1.in-addr.arpa', 'partial'],
    ['5.4.3.2.1.in-addr.arpa', undefined],
    ['04.3.2.1.in-addr.arpa', undefined],
    ['1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', 'fd00::1'],
    ['10.d.f.ip6.arpa', undefined],
  ];
  for (const [name, want] of cases) assert.equal(addressOf(parseName(name)), want, name);
});

test('the serial is the time of the last change that DNS can see, and never goes back', () => {
  let now = 1000;
  const zones = emptyZones({ now: () => now });
  const after = (time: number, ...objects: Parameters<typeof fill>[1]) => {
    now = time;
    fill(zones, objects);
    return zones.serial;
  };
  assert.equal(after(1010, namespace('default')), 1010);
  assert.equal(after(1020, web), 1020);
  assert.equal(after(1030, slice('web-1', 'web', ['10.244.0.1'], [http])), 1030);
  assert.equal(after(1040, web, slice('web-1', 'web', ['10.244.0.1'], [http]), namespace('default')), 1030);
  const annotated = { ...web, metadata: { ...web.metadata, annotations: { a: 'b' }, resourceVersion: '2' } };
  assert.equal(after(1050, annotated), 1030);
  assert.equal(after(900, service('db', { clusterIP: '10.96.0.90' })), 1030);
  assert.equal(after(1060, slice('web-1', 'web', ['10.244.0.2'], [http])), 1060);
});
