// In a network namespace of its own: 192.0.2.53 and 2001:db8::53 are on the loopback link, as anycast addresses are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '#lib/run.ts';

const skip = process.getuid?.() !== 0 && 'needs root';
const links =
  'ip link set lo up && ip address add 192.0.2.53/32 dev lo && ip address add 2001:db8::53/128 dev lo nodad && exec "$@"';
const module = new URL('own-addresses.ts', import.meta.url);
const program = `import { ownAddresses } from '${module}'; console.log(JSON.stringify(ownAddresses([''])));`;

test('addresses on the loopback link are the server’s own as well, but for the loopback’s', { skip }, async () => {
  const node = [process.execPath, '--input-type=module', '-e', program];
  const printed = await run('unshare', ['--net', '--', 'sh', '-c', links, 'sh', ...node]);
  assert.deepEqual(JSON.parse(printed).sort(), ['192.0.2.53', '2001:db8::53']);
});
