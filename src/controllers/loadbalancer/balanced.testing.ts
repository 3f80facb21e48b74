// The controller against our own API server, for the tests of this folder.

import type { TestContext } from 'node:test';
import { type Event, events, type Service, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { parseAddressRanges } from '#lib/address-ranges.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { until } from '../cluster-suite.ts';
import { startControllers } from '../start.ts';
import type { LoadBalancerOptions } from './options.ts';

const log = createLogger('test', 'error');
export const namespace = 'default';

/** Cluster IPs that this machine answers at by itself. */
const serviceCIDR = '127.96.0.0/16';

export async function startServer(t: TestContext) {
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR });
  await server.start();
  t.after(() => server.close());
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  /** Runs the controller until the returned function is called, or the test ends. */
  const run = async (options: LoadBalancerOptions): Promise<() => void> => {
    const stop = new AbortController();
    t.after(() => stop.abort());
    const loadBalancer = { patienceMs: 0, ...options };
    await startControllers({ client, log }, { signal: stop.signal, only: [], loadBalancer });
    return () => stop.abort();
  };
  const api = client.resource(services);
  const create = (name: string, spec: object = {}) =>
    api.create({ metadata: { name, namespace }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec } });
  const patch = (name: string, spec: object) => api.patch(name, { spec }, { namespace, type: 'merge' });
  /** Resolves with the Service when its status says so. */
  const reachedAt = async (name: string, ...points: string[]): Promise<Service> => {
    const all = await until(api, namespace, (list) =>
      list.some((one) => one.metadata.name === name && pointsOf(one).join() === points.join()),
    );
    return all.find(({ metadata }) => metadata.name === name) as Service;
  };
  const told = (name: string, reason: string, message: RegExp): Promise<Event[]> =>
    until(client.resource(events), namespace, (list) =>
      list.some((one) => one.involvedObject.name === name && one.reason === reason && message.test(one.message ?? '')),
    );
  const reasons = async (name: string): Promise<string[]> =>
    (await client.resource(events).list({ namespace })).items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ reason }) => reason ?? '');
  return { client, api, run, create, patch, reachedAt, told, reasons };
}

export const pointsOf = ({ status }: Service): string[] =>
  (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
export const pool = (text = '203.0.113.1-203.0.113.2'): LoadBalancerOptions => ({
  mode: 'pool',
  pool: parseAddressRanges(text),
});
