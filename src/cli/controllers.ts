// `portolan controllers`: the controllers by themselves, against any Kubernetes API server.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { runAsLeader } from '#client/index.ts';
import { parsePool } from '#cluster/pool.ts';
import { type ControllerName, controllerNames, startControllers } from '#controllers/index.ts';
import type { AddressRange } from '#lib/address-ranges.ts';
import { parseBindAddress } from '#lib/bind-address.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { command, duration, oneOf, wholeNumber } from './command.ts';
import { serveMetrics } from './metrics-server.ts';
import { clientOf, logLevelOf, partOptions, stopSignal } from './part.ts';
import { checkPool, poolExample } from './pool.ts';

const defaultLease = 'kube-system/portolan-controllers';

/** Only when it is asked for: in many clusters somebody else gives Services of type LoadBalancer what they ask for. */
const balancer = 'loadbalancer';

const options = {
  ...partOptions,
  only: {
    type: 'string',
    value: 'NAMES',
    help: `with commas between them: ${[...controllerNames, balancer].join(', ')} (default: all; ${balancer} only with its pool)`,
  },
  'load-balancer-pool': {
    type: 'string',
    value: 'RANGES',
    help: `${balancer}: of addresses for Services of type LoadBalancer, like ${poolExample}`,
  },
  'leader-elect': {
    type: 'string',
    value: 'NAMESPACE/NAME',
    default: defaultLease,
    help: 'the Lease by which one of several copies is chosen to work; none: work in any case',
  },
  'metrics-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    default: '',
    help: 'where /metrics and /healthz are served, for example 127.0.0.1:10257 (default: nowhere)',
  },
  'node-monitor-grace-period': {
    type: 'string',
    value: 'SECONDS',
    default: '40',
    help: 'node: one that has not been heard of for this long is not ready any more',
  },
  'max-endpoints-per-slice': {
    type: 'string',
    value: 'N',
    default: '100',
    help: 'endpointslice: endpoints in one slice, 1000 at most',
  },
  'concurrent-service-endpoint-syncs': {
    type: 'string',
    value: 'N',
    default: '5',
    help: 'endpointslice: Services that are worked on at a time',
  },
  'endpointslice-updates-batch-period': {
    type: 'string',
    value: 'DURATION',
    default: '0s',
    help: 'endpointslice: how long a change of a pod waits for others, to be written with them',
  },
} as const;

type Name = ControllerName | typeof balancer;

function parseOnly(text: string | undefined, pool: readonly AddressRange[] | undefined): readonly Name[] {
  const all: readonly Name[] = [...controllerNames, balancer];
  const words = text?.split(',').map((word) => oneOf('only', word.trim(), all));
  const only = words ?? (pool ? all : controllerNames);
  if (only.includes(balancer) && !pool) {
    throw new UserError(
      `--only ${text}: ${balancer} needs --load-balancer-pool RANGES, the addresses that it may give away, like ${poolExample}.`,
    );
  }
  if (pool && !only.includes(balancer)) {
    throw new UserError(
      `--load-balancer-pool: is for the controller ${balancer}, which --only ${text} leaves out. Add it there.`,
    );
  }
  return only;
}

function parseLease(text: string): { namespace: string; name: string } | undefined {
  if (text === 'none') return undefined;
  const [namespace, name, ...more] = text.split('/');
  if (namespace && name && more.length === 0) return { namespace, name };
  throw new UserError(`--leader-elect ${text}: must be NAMESPACE/NAME of a Lease, such as ${defaultLease}, or none.`);
}

type Values = Readonly<Record<(typeof sliceOptions)[number], string>>;
const sliceOptions = [
  'max-endpoints-per-slice',
  'concurrent-service-endpoint-syncs',
  'endpointslice-updates-batch-period',
] as const;

function endpointSliceOptions(values: Values) {
  const [max, syncs, batch] = sliceOptions;
  return {
    maxEndpointsPerSlice: wholeNumber(max, values[max], 1, 1000),
    concurrentServiceEndpointSyncs: wholeNumber(syncs, values[syncs], 1, 1000),
    updatesBatchPeriodMs: duration(batch, values[batch]),
  };
}

export const controllers = command({
  name: 'controllers',
  summary: 'run controllers by themselves, against any Kubernetes cluster',
  details: [
    "In another cluster, its own controllers of these kinds must be off: kube-controller-manager's, for example, with",
    '--controllers=*,-endpointslice-controller. Copies that run other controllers need a Lease of their own.',
    `${balancer} is for clusters where nobody else, as a cloud controller does, serves Services of type LoadBalancer without a class;`,
    'its addresses are reached by `portolan announcer` on every machine. It must run for such Services to be deleted, too.',
  ].join('\n'),
  options,
  async run(values) {
    const poolText = values['load-balancer-pool'];
    const pool = poolText === undefined ? undefined : parsePool(poolText);
    const only = parseOnly(values.only, pool);
    const lease = parseLease(values['leader-elect']);
    const grace = wholeNumber('node-monitor-grace-period', values['node-monitor-grace-period'], 1, 86_400);
    const endpointSlices = endpointSliceOptions(values);
    const metricsAt = parseBindAddress('--metrics-bind-address', values['metrics-bind-address']);
    const log = createLogger('controllers', logLevelOf(values['log-level']));
    const client = await clientOf(values.kubeconfig, 'portolan-controllers');
    const stop = stopSignal();
    let atWork: Awaited<ReturnType<typeof startControllers>> | undefined;
    if (metricsAt) await serveMetrics(metricsAt, () => atWork?.metrics() ?? []);
    const work = async (signal: AbortSignal) => {
      if (pool) await checkPool(pool, client, log);
      atWork = await startControllers(
        { client, log },
        {
          signal,
          only: only.filter((name): name is ControllerName => name !== balancer),
          loadBalancer: pool && { mode: 'pool', pool },
          endpointSlices,
          nodeMonitorGracePeriodMs: 1000 * grace,
        },
      );
      log.info('at work', { controllers: only.join() });
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };
    try {
      const identity = `${hostname()}_${randomUUID()}`;
      await (lease ? runAsLeader(client, { ...lease, identity, log, signal: stop }, work) : work(stop));
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (!stop.aborted) throw new UserError(`portolan controllers: ${(error as Error).message}.`, { cause: error });
    }
    // Watches are still open, and there is nothing left to do for them.
    process.exit();
  },
});
