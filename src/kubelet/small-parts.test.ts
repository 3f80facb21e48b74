// Address pool, back-off, probe thresholds, log lines, capabilities, image mounts, log queries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPool } from './address-pool.ts';
import { BackOff } from './back-off.ts';
import { portNumber } from './check.ts';
import { Verdict } from './probes.ts';
import { parseCapabilities } from './runtimes/capabilities.ts';
import { imageMounts } from './runtimes/host-image.ts';
import { parseMountInfo } from './runtimes/mounts.ts';
import { capabilitiesOf } from './runtimes/oci-spec.ts';
import { LineSplitter, outputOf, shownLine } from './server/log-lines.ts';
import { logSelection } from './server/server.ts';

test('AddressPool starts after the gateway and does not reuse while others are free', () => {
  const pool = new AddressPool('10.0.1.0/29');
  assert.equal(pool.gateway, '10.0.1.1');
  assert.deepEqual([pool.take(), pool.take()], ['10.0.1.2', '10.0.1.3']);
  pool.free('10.0.1.2');
  assert.deepEqual([pool.take(), pool.take(), pool.take()], ['10.0.1.4', '10.0.1.5', '10.0.1.6']);
  assert.equal(pool.take(), '10.0.1.2');
  assert.throws(() => pool.take(), /all 5 of the node's range/);
});

test('AddressPool goes on behind what an earlier kubelet gave out', () => {
  const pool = new AddressPool('10.0.1.0/29');
  for (const earlier of ['10.0.1.4', '10.0.1.2', '10.0.9.9', 'fd00::4', '10.0.1.1', 'none']) pool.skip(earlier);
  assert.deepEqual([pool.take(), pool.take(), pool.take()], ['10.0.1.5', '10.0.1.6', '10.0.1.2']);
  pool.skip('10.0.1.6');
  assert.deepEqual([pool.take(), pool.take()], ['10.0.1.3', '10.0.1.4']);
  assert.throws(() => pool.take(), /all 5/);
});

test('AddressPool of an IPv6 range', () => {
  const pool = new AddressPool('fd00:10:244:1::/64');
  assert.equal(pool.gateway, 'fd00:10:244:1::1');
  assert.deepEqual([pool.take(), pool.take()], ['fd00:10:244:1::2', 'fd00:10:244:1::3']);
  for (const earlier of ['fd00:10:244:1::4', '10.244.1.9', 'fd00:10:244:2::9', 'fd00:10:244:1:ffff::'])
    pool.skip(earlier);
  assert.equal(pool.take(), 'fd00:10:244:1::5');
});

test('BackOff: at once, 10 s doubling to 5 min, forgotten after a long run', () => {
  const backOff = new BackOff();
  const seconds = Array.from({ length: 8 }, () => backOff.delay(1000) / 1000);
  assert.deepEqual(seconds, [0, 10, 20, 40, 80, 160, 300, 300]);
  assert.equal(backOff.delay(600_000), 0);
});

test('Verdict waits for as many equal results in a row as the thresholds say', () => {
  const verdict = new Verdict({ successThreshold: 2, failureThreshold: 3 });
  const results = [true, false, true, true, false, false, true, false, false, false];
  assert.deepEqual(
    results.map((ok) => verdict.add(ok)),
    [undefined, undefined, undefined, true, undefined, undefined, undefined, undefined, undefined, false],
  );
});

test('portNumber finds ports by number and name', () => {
  const container = { name: 'c', ports: [{ name: 'http', containerPort: 8080 }] };
  assert.equal(portNumber('http', container), 8080);
  assert.equal(portNumber(81, container), 81);
  assert.throws(() => portNumber('nope', container), /no port "nope"/);
});

const line = (text: string) => Buffer.from(text);
test('shownLine', () => {
  const time = '2030-01-01T00:00:05.5+00:00';
  const plain = { timestamps: false };
  assert.equal(shownLine(line(`${time} stdout F a  b `), plain)?.toString(), 'a  b \n');
  assert.equal(shownLine(line(`${time} stderr P half`), plain)?.toString(), 'half');
  assert.equal(shownLine(line(`${time} stdout F `), plain)?.toString(), '\n');
  for (const [written, shown] of [
    ['2030-01-01T00:00:05.123456789+00:00', '2030-01-01T00:00:05.123456789Z'],
    ['2030-01-01T00:00:05.123456789Z', '2030-01-01T00:00:05.123456789Z'],
    ['2030-01-01T01:30:05.123456789+05:30', '2029-12-31T20:00:05.123456789Z'],
    [time, '2030-01-01T00:00:05.500000000Z'],
  ]) {
    assert.equal(shownLine(line(`${written} stdout F x`), { timestamps: true })?.toString(), `${shown} x\n`);
  }
  assert.equal(shownLine(line('t stdout F x'), { timestamps: true })?.toString(), 't x\n');
  assert.equal(shownLine(line(`${time} stdout F x`), { ...plain, since: new Date('2030-01-01T00:00:06Z') }), undefined);
  assert.equal(shownLine(line('garbage'), plain), undefined);
});
test('outputOf keeps the order of the outputs, and half lines', () => {
  const lines = ['t stdout F a', 't stdout P b', 'garbage', 't stderr F c', 't stdout F '].map(line);
  assert.deepEqual(
    outputOf(lines).map(({ stream, data }) => [stream, data.toString()]),
    [
      ['stdout', 'a\nb'],
      ['stderr', 'c\n'],
      ['stdout', '\n'],
    ],
  );
});
test('LineSplitter keeps what is not ended', () => {
  const splitter = new LineSplitter();
  const texts = (chunk: string) => splitter.push(Buffer.from(chunk)).map(String);
  assert.deepEqual(texts('a\nb'), ['a']);
  assert.deepEqual(texts('c'), []);
  assert.deepEqual(texts('\n\n'), ['bc', '']);
});
test('logSelection', () => {
  const now = new Date('2030-01-01T00:01:00Z');
  assert.deepEqual(
    logSelection(new URLSearchParams('sinceSeconds=30&tailLines=5&limitBytes=10&timestamps=true'), now),
    {
      timestamps: true,
      since: new Date('2030-01-01T00:00:30Z'),
      tailLines: 5,
      limitBytes: 10,
    },
  );
  assert.throws(() => logSelection(new URLSearchParams('tailLines=many')), /tailLines: Invalid value: "many"/);
});

const available = ['CHOWN', 'NET_ADMIN', 'NET_RAW', 'SYS_ADMIN'];
for (const { name, add = [], drop = [], privileged = false, want } of [
  { name: 'defaults', want: ['CAP_CHOWN', 'CAP_NET_RAW'] },
  { name: 'add and drop', add: ['net_admin', 'CAP_SYS_BOOT'], drop: ['CHOWN'], want: ['CAP_NET_ADMIN', 'CAP_NET_RAW'] },
  { name: 'drop all, add one', add: ['CHOWN'], drop: ['ALL'], want: ['CAP_CHOWN'] },
  { name: 'add all', add: ['ALL'], want: available.map((one) => `CAP_${one}`) },
  { name: 'privileged', privileged: true, want: available.map((one) => `CAP_${one}`) },
]) {
  test(`capabilitiesOf: ${name}`, () => {
    assert.deepEqual(capabilitiesOf({ capabilities: { add, drop }, privileged }, available), want);
  });
}
test('parseCapabilities reads the bounding set', () => {
  assert.deepEqual(parseCapabilities('CapEff:\t0\nCapBnd:\t0000000000003001\n'), ['CHOWN', 'NET_ADMIN', 'NET_RAW']);
});

test('imageMounts: real file systems with programs, and the program itself', () => {
  const mounts = parseMountInfo(
    [
      '22 1 0:21 / /proc rw - proc proc rw',
      '23 1 8:1 / / rw - ext4 /dev/sda1 rw',
      '24 1 8:2 / /home rw - xfs /dev/sda2 rw',
      '25 1 8:3 / /opt/with\\040space rw shared:1 - ext4 /dev/sda3 rw',
      '26 1 0:30 / /usr/tmp rw - tmpfs tmpfs rw',
      '27 1 0:31 / /home/state/images rw - overlay overlay rw',
      '28 1 8:4 / /var/lib/data rw - ext4 /dev/sda4 rw',
    ].join('\n'),
  );
  assert.deepEqual(
    imageMounts(mounts, '/srv/portolan', '/home/state').map(({ source }) => source),
    ['/home', '/opt/with space', '/srv/portolan'],
  );
});
