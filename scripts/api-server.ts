// An API server without nodes, over a store on disk, on a loopback port: what is measured and killed by the benchmark of
// the API and by scripts/kill-9.ts, and what clients are tried on. `api-server.ts DATA-FOLDER PKI-FOLDER PORT` prints `ready`
// when it answers; with `--controllers` at the end, when the controllers are at work too. `--history-events=N` keeps less of
// the history than usual; `--host=ADDRESS` and `--service-cidr=LIST` are for clusters in namespaces.

import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { CertificateAuthority } from '#cluster/pki.ts';
import { startControllers } from '#controllers/index.ts';
import { createLogger } from '#lib/log.ts';
import { LmdbStore } from '#storage/index.ts';

const [data = '', pki = '', port = '', ...flags] = process.argv.slice(2);
const stop = new AbortController();
const flag = (name: string) => flags.find((each) => each.startsWith(`--${name}=`))?.split('=')[1];
const historyEvents = flag('history-events');
const host = flag('host') ?? '127.0.0.1';
const [store, ca] = await Promise.all([
  LmdbStore.open({ path: data, ...(historyEvents && { historyEvents: Number(historyEvents) }) }),
  CertificateAuthority.open(pki, 'benchmark'),
]);
const log = createLogger('apiserver', 'error');
const server = new ApiServer({ store, log }, { serviceCIDR: flag('service-cidr') ?? '10.96.0.0/12' });
const [tls] = await Promise.all([
  ca.issue({ commonName: 'kube-apiserver', names: [host, 'localhost'] }),
  server.start(),
]);
await server.listen({ host, port: Number(port), tls: { ...tls, ca: ca.pair.cert } });
if (flags.includes('--controllers')) {
  const user = { name: 'system:kube-controller-manager', groups: ['system:masters'] };
  const client = new Client(server.fetchAs(user), { userAgent: 'kube-controller-manager' });
  await startControllers({ client, log }, { signal: stop.signal });
}
process.stdout.write('ready\n');
process.on('SIGTERM', async () => {
  stop.abort();
  await server.close();
  await store.close();
  process.exit(0);
});
