// `npm run soak -- proxy`: the service proxies of two nodes, while everything that they work from changes at random and they are
// killed and their rules taken away, and while clients call all the time. What becomes of each connection must be allowed by
// some state of its Service between a moment before its begin and its answer (allowed.ts, judge.ts).

import { parseArgs } from 'node:util';
import { Client, connect } from '#client/index.ts';
import { worlds } from '#proxy/worlds.testing.ts';
import { ApiProcess } from '../api-process.ts';
import { Failure } from './failure.ts';
import { History } from './history.ts';
import { flowsTakeLonger } from './judge.ts';
import { addressesOf, createNetwork, deleteNetwork, nodes } from './machines.ts';
import { createObjects } from './objects.ts';
import { ProxyOfNode } from './proxies.ts';
import { families, zoneOf } from './services.ts';
import { Soak, say } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string' },
    settle: { type: 'string', default: '1000' },
    calm: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const settleMs = Number(values.settle);

say(
  `seed ${seed}, ${minutes} min; changes count as done ${settleMs} ms after they were written, for UDP flows in progress ${flowsTakeLonger * settleMs} ms`,
);
const api = await ApiProcess.create({
  host: worlds.IPv4.host,
  serviceCIDR: families.map((family) => worlds[family].serviceCIDR).join(),
});
const proxies: ProxyOfNode[] = [];
let status = 1;
try {
  await createNetwork();
  await api.start();
  const kubeconfig = await api.writeKubeconfig();
  const client = new Client(await connect(kubeconfig));
  await createObjects(client);
  proxies.push(...nodes.map((node) => new ProxyOfNode(node, kubeconfig)));
  await Promise.all(proxies.map((proxy) => proxy.start()));
  const views = await Promise.all(
    proxies.map(async (proxy) => {
      const zone = new History<string>();
      await zone.write(async () => zoneOf(proxy.node.index));
      return { proxy, addresses: await addressesOf(proxy.node), zone };
    }),
  );
  await new Soak(client, views, { seed, minutes, settleMs, calm: values.calm }).run();
  say('everything was allowed');
  status = 0;
} catch (error) {
  say(
    error instanceof Failure
      ? `\nFAILED, seed ${seed}: ${error.message}`
      : `\nFAILED, seed ${seed}: ${(error as Error).stack}`,
  );
} finally {
  for (const proxy of proxies) await proxy.stop();
  await api.remove();
  await deleteNetwork();
}
process.exit(status);
