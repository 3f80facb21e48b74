// An API server with everything in it, and the files that servers and dnsperf read.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiProcess, type Connection } from '../../scripts/api-process.ts';
import { fillCluster, type Size } from './data.ts';
import { writeQueries } from './queries.ts';
import type { Server, Source } from './servers.ts';

export interface Cluster extends Source {
  readonly api: ApiProcess;
  readonly connections: readonly [Connection, ...Connection[]];
  /** Ends with the cluster. */
  started(server: Promise<Server>): Promise<Server>;
}

export async function withCluster(size: Size, work: (cluster: Cluster) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-bench-dns-'));
  const api = await ApiProcess.create();
  const servers: Server[] = [];
  const clear = () => {
    for (const each of [folder, api.folder]) rmSync(each, { recursive: true, force: true });
  };
  // Also when it is interrupted.
  process.once('exit', clear);
  try {
    await api.start();
    const connections = await Promise.all([api.connect(), api.connect(), api.connect(), api.connect()]);
    const services = await fillCluster(connections, size);
    writeQueries(folder, services);
    const started = async (server: Promise<Server>): Promise<Server> => {
      servers.push(await server);
      return await server;
    };
    const kubeconfig = await api.writeKubeconfig();
    await work({ folder, api, connections, services, kubeconfig, started });
    for (const connection of connections) connection.close();
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await api.remove();
    process.off('exit', clear);
    clear();
  }
}
