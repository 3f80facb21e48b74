// `portolan controllers`: the controllers by themselves, against any Kubernetes API server.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { runAsLeader } from '#client/index.ts';
import { type ControllerName, controllerNames, startControllers } from '#controllers/index.ts';
import { parseBindAddress } from '#lib/bind-address.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { command, duration, oneOf, wholeNumber } from './command.ts';
import { serveMetrics } from './metrics-server.ts';
import { clientOf, logLevelOf, partOptions, stopSignal } from './part.ts';

const defaultLease = 'kube-system/portolan-controllers';

const options = {
  ...partOptions,
  only: {
    type: 'string',
    value: 'NAMES',
    help: `with commas between them: ${controllerNames.join(', ')} (default: all)`,
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

function parseOnly(text: string | undefined): ControllerName[] {
  if (text === undefined) return [...controllerNames];
  return text.split(',').map((word) => oneOf('only', word.trim(), controllerNames));
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
  ].join('\n'),
  options,
  async run(values) {
    const only = parseOnly(values.only);
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
      atWork = await startControllers(
        { client, log },
        { signal, only, endpointSlices, nodeMonitorGracePeriodMs: 1000 * grace },
      );
      log.info('at work', { controllers: only.join() });
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };
    try {
      const identity = `${hostname()}_${randomUUID()}`;
      await (lease ? runAsLeader(client, { ...lease, identity, log, signal: stop }, work) : work(stop));
    } catch (error) {
      if (!stop.aborted) throw new UserError(`portolan controllers: ${(error as Error).message}.`, { cause: error });
    }
    // Watches are still open, and there is nothing left to do for them.
    process.exit();
  },
});
