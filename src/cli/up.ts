// `portolan up`: starts a cluster and stays with it until Ctrl-C, or leaves it running with --detach.

import type { ClaimOptions } from '#cluster/claim.ts';
import { hasData } from '#cluster/data-folder.ts';
import { defaultApiPort, kubeconfigPath } from '#cluster/endpoints.ts';
import { type LoadBalancerWish, loadBalancerModes, settleLoadBalancer } from '#cluster/load-balancer.ts';
import { ipFamilies, maxNodes } from '#cluster/ranges.ts';
import { checkPrivilege, completePath, ensureRequirements } from '#cluster/requirements.ts';
import { checkName, storages } from '#cluster/state.ts';
import { Supervisor } from '#cluster/supervisor.ts';
import { logLevels } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { command, oneOf, type Values, wholeNumber } from './command.ts';
import { howToContinue, nameOption } from './options.ts';

const options = {
  ...nameOption,
  nodes: { type: 'string', value: 'N', help: 'how many nodes (default as before, 2 at first)' },
  storage: {
    type: 'string',
    value: 'KIND',
    default: storages[0],
    help: 'lmdb: objects stay on disk for the next `up` of this name; memory: they end with this run',
  },
  'ip-family': {
    type: 'string',
    value: 'FAMILY',
    help: 'ipv4, ipv6 or dual: addresses of nodes, pods and Services; it can be made dual later (default as before, ipv4 at first)',
  },
  fresh: { type: 'boolean', help: 'forget what an earlier cluster of this name stored' },
  detach: { type: 'boolean', help: 'return when the cluster is up and leave it running' },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    help: `${logLevels.join(', ')}; debug also logs every request of the API server (default: PORTOLAN_LOG, else warn)`,
  },
  sample: { type: 'boolean', help: 'apply a sample application and show it working' },
  'api-port': {
    type: 'string',
    value: 'PORT',
    help: `where the API server listens (default as before, ${defaultApiPort} at first)`,
  },
  'load-balancer': {
    type: 'string',
    value: 'KIND',
    help: 'for Services of type LoadBalancer: pool (addresses beside those of the nodes), localhost (their ports on 127.0.0.1 and ::1) or none (default as before, pool at first)',
  },
  'load-balancer-pool': {
    type: 'string',
    value: 'RANGES',
    help: 'of addresses, like 192.0.2.0/28,192.0.2.40-192.0.2.49 (default as before, 10.254.0.224-10.254.0.254 at first, or those of its own network)',
  },
  'node-monitor-grace-period': {
    type: 'string',
    value: 'SECONDS',
    help: 'a node that has not been heard of for this long is not ready any more (default as before, 40 at first)',
  },
} as const;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function howToGoOn(name: string): string[] {
  return [
    '',
    'To go on, in another shell:',
    `  export KUBECONFIG=${kubeconfigPath(name)}`,
    '  kubectl get nodes -o wide',
    '  kubectl create deployment web --image=host --replicas=3 -- portolan echo --port 8080',
    '  kubectl expose deployment web --port 80 --target-port 8080',
    '',
  ];
}

function upOptions(values: Values<typeof options>): ClaimOptions {
  const number = (option: 'nodes' | 'api-port' | 'node-monitor-grace-period', least: number, most: number) =>
    values[option] === undefined ? undefined : wholeNumber(option, values[option], least, most);
  const storage = oneOf('storage', values.storage, storages);
  if (values.fresh && storage === 'memory') {
    throw new UserError(
      '--fresh: a cluster with --storage memory is always fresh; what is stored on disk stays there.',
    );
  }
  const graceSeconds = number('node-monitor-grace-period', 1, 86_400);
  return {
    name: checkName(values.name),
    storage,
    fresh: values.fresh,
    nodes: number('nodes', 1, maxNodes),
    ipFamily: values['ip-family'] === undefined ? undefined : oneOf('ip-family', values['ip-family'], ipFamilies),
    apiPort: number('api-port', 1, 65535),
    nodeMonitorGracePeriodMs: graceSeconds && 1000 * graceSeconds,
    loadBalancer: loadBalancerOption(values['load-balancer'], values['load-balancer-pool']),
    say,
  };
}

function loadBalancerOption(kind: string | undefined, pool: string | undefined): LoadBalancerWish {
  const mode = kind === undefined ? undefined : oneOf('load-balancer', kind, loadBalancerModes);
  settleLoadBalancer({ mode, pool });
  return { mode, pool };
}

/** Resolves with the first request to stop. Later ones are ignored: what runs then is the cleaning up. */
function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });
}

async function runInForeground(values: Values<typeof options>): Promise<void> {
  const supervisor = new Supervisor(upOptions(values));
  const stop = stopRequested();
  try {
    // A Ctrl-C is answered at any moment; what it finds half done is taken down below.
    const ended = await Promise.race([serve(supervisor, values), stop.then(() => undefined)]);
    if (ended) process.stderr.write(`${ended}\n`);
    process.exitCode = ended ? 1 : 0;
    say('Stopping the cluster');
  } finally {
    await supervisor.stop();
  }
  if (values.storage !== 'memory' && (await hasData(values.name)))
    for (const line of howToContinue(values.name)) say(line);
}

/** Starts the cluster and shows it; resolves with the reason when it ends by itself. */
async function serve(supervisor: Supervisor, values: Values<typeof options>): Promise<string> {
  const { name, nodes, ranges, storage } = await supervisor.start();
  const seconds = (performance.now() / 1000).toFixed(1);
  say(`The cluster ${name} is up: ${nodes} node${nodes === 1 ? '' : 's'} ready after ${seconds} s.`);
  if (values.sample) {
    const { showSample } = await import('./sample.ts');
    await showSample({ kubeconfig: kubeconfigPath(name), ranges, say });
  }
  for (const line of howToGoOn(name)) say(line);
  process.send?.({ type: 'ready' });
  if (!process.connected)
    say(`Press Ctrl-C to stop the cluster${storage === 'memory' ? ' and remove every trace of it' : ''}.`);
  return supervisor.ended;
}

export const up = command({
  name: 'up',
  summary: 'start a cluster: network namespaces, virtual IPs, DNS and an API for kubectl',
  options,
  async run(values) {
    completePath();
    upOptions(values);
    // The processes that this one starts take it from here.
    if (values['log-level']) process.env.PORTOLAN_LOG = oneOf('log-level', values['log-level'], logLevels);
    await checkPrivilege();
    await ensureRequirements(say);
    if (values.detach) {
      const { startDetached } = await import('./detach.ts');
      await startDetached(values.name, process.argv.slice(2));
    } else {
      await runInForeground(values);
    }
    process.exit();
  },
});
