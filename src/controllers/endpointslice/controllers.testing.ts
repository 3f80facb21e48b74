// The endpoint controllers at work on our own API server, for the tests of this folder. Nobody plays the kubelet: pods are
// what each test makes them.

import type { TestContext } from 'node:test';
import {
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
  events,
  nodes,
  type Pod,
  pods,
  type Service,
  services,
} from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { log, until } from '../cluster-suite.ts';
import { startControllers } from '../index.ts';

export const namespace = 'default';
export const zone = 'topology.kubernetes.io/zone';

export async function start(t: TestContext, user = 'system:kube-controller-manager') {
  const stop = new AbortController();
  const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  t.after(async () => {
    stop.abort();
    await server.close();
  });
  const clientAs = (name: string, ...groups: string[]) => new Client(server.fetchAs({ name, groups }));
  const client = clientAs('admin', 'system:masters');
  const only = ['endpointslice', 'endpoints', 'endpointslicemirroring'] as const;
  const controllers = await startControllers({ client: clientAs(user), log }, { signal: stop.signal, only });
  const slices = client.resource(endpointSlices);

  async function node(name: string, labels: Record<string, string> = {}, cpu = '4') {
    const made = await client.resource(nodes).create({ metadata: { name, labels }, spec: {} });
    const conditions = [{ type: 'Ready', status: 'True' }];
    await client.resource(nodes).updateStatus({ ...made, status: { conditions, allocatable: { cpu } } });
  }
  let address = 0;
  async function pod(name: string, nodeName: string, labels: Record<string, string> = { app: 'web' }): Promise<void> {
    address += 1;
    const containers = [{ name: 'c', image: 'host' }];
    const made = await client
      .resource(pods)
      .create({ metadata: { name, namespace, labels }, spec: { nodeName, containers } });
    const podIP = `10.244.0.${address}`;
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: readiness(true) };
    await client.resource(pods).updateStatus({ ...made, status } as Pod);
  }
  const readiness = (ready: boolean) => [
    { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ];
  const setReady = (name: string, ready: boolean) =>
    client
      .resource(pods)
      .patch(
        name,
        { status: { conditions: readiness(ready) } },
        { namespace, type: 'strategic', subresource: 'status' },
      );
  const service = (spec: Partial<Service['spec']> = {}, metadata: Partial<Service['metadata']> = {}) =>
    client.resource(services).create({
      metadata: { name: 'web', namespace, ...metadata },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    });
  const ofWeb = (all: EndpointSlice[]) =>
    all.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web');
  /** Resolves with the slices of `web` when they are as wanted. */
  const shows = (text: string, write = brief) =>
    until(
      slices,
      namespace,
      (all) =>
        ofWeb(all)
          .flatMap((slice) => slice.endpoints)
          .map(write)
          .sort()
          .join() === text,
    ).then(ofWeb);
  const told = async (reason: string) => {
    const list = await until(client.resource(events), namespace, (all) => all.some((event) => event.reason === reason));
    return list.filter((event) => event.reason === reason).map(({ type, message }) => `${type}: ${message}`);
  };
  return { client, slices, controllers, node, pod, setReady, service, shows, told, ofWeb };
}

/** The pod's name; lower case marks what is missing: r(eady), s(erving); T(erminating) what there is. */
export const brief = ({ targetRef, conditions }: Endpoint): string => {
  const { ready, serving, terminating } = conditions ?? {};
  return `${targetRef?.name}:${ready ? 'R' : 'r'}${serving ? 'S' : 's'}${terminating ? 'T' : ''}`;
};
export const zones = ({ targetRef, zone: at, hints }: Endpoint): string =>
  `${targetRef?.name}@${at}>${(hints?.forZones ?? []).map(({ name }) => name)}`;
