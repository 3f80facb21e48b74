// `portolan dns`: the cluster's DNS server by itself, in place of CoreDNS, in any Kubernetes cluster.

import {
  corefileSource,
  type DnsFlags,
  type DnsOptions,
  flagsSource,
  runDns,
  type SettingsSource,
} from '#dns/index.ts';
import { type BindAddress, parseBindAddress } from '#lib/bind-address.ts';
import type { Cidr } from '#lib/cidr.ts';
import { createLogger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { addressRange, command, duration, type Values, wholeNumber } from './command.ts';
import { kubeconfigOf, logLevelOf, namedKubeconfig, parentGone, partOptions, stopSignal } from './part.ts';

/** What a Corefile says itself. */
const served = {
  listen: {
    type: 'string',
    multiple: true,
    value: 'ADDRESS:PORT',
    help: 'where to answer by UDP and TCP, may be repeated (default 0.0.0.0:53)',
  },
  domain: { type: 'string', value: 'NAME', help: "the cluster's domain (default cluster.local)" },
  'reverse-cidrs': {
    type: 'string',
    multiple: true,
    value: 'LIST',
    help: 'service and pod ranges whose addresses have names, with commas between them',
  },
  'resolv-conf': {
    type: 'string',
    value: 'FILE',
    help: 'names the servers for all other names; empty: refuse other names (default /etc/resolv.conf)',
  },
  ttl: { type: 'string', value: 'SECONDS', help: 'of every record, 0 to 3600 (default 5)' },
  'metrics-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'where /metrics is served, for example 0.0.0.0:9153 (default: nowhere)',
  },
  'health-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'where /health is served, for example 0.0.0.0:8080 (default: nowhere)',
  },
  'ready-bind-address': {
    type: 'string',
    value: 'ADDRESS:PORT',
    help: 'where /ready is served, for example 0.0.0.0:8181 (default: nowhere)',
  },
  lameduck: {
    type: 'string',
    value: 'DURATION',
    help: 'how long queries are answered after SIGTERM, for example 5s (default 0s)',
  },
} as const;

const options = {
  ...partOptions,
  kubeconfig: {
    ...partOptions.kubeconfig,
    help: `${partOptions.kubeconfig.help}; with --corefile, a pod's own service account where neither is said`,
  },
  corefile: {
    type: 'string',
    value: 'FILE',
    help: 'what to serve, as CoreDNS is told it: a Corefile, in place of the options below',
  },
  ...served,
  workers: {
    type: 'string',
    value: 'N',
    help: 'processes that answer at the same addresses, one for each core to be used (default: as multisocket of the Corefile says, else 1)',
  },
} as const;

const longestLameduckMs = 3_600_000;

/** Throws UserError. */
export function sourceOf(values: Values<typeof options>, env: NodeJS.ProcessEnv): SettingsSource {
  const { corefile } = values;
  const workers = values.workers === undefined ? undefined : wholeNumber('workers', values.workers, 1, 1024);
  if (corefile === undefined) return flagsSource(flagsOf(values, env), workers);
  const said = Object.keys(served).find((name) => values[name as keyof typeof served] !== undefined);
  if (said !== undefined) throw new UserError(`--${said} and --corefile exclude each other: say it in ${corefile}.`);
  return corefileSource({ file: corefile, env, kubeconfig: namedKubeconfig(values.kubeconfig, env), workers });
}

function flagsOf(values: Values<typeof options>, env: NodeJS.ProcessEnv): DnsFlags {
  const bindAddress = (option: 'metrics-bind-address' | 'health-bind-address' | 'ready-bind-address') =>
    parseBindAddress(`--${option}`, values[option] ?? '');
  const health = bindAddress('health-bind-address');
  const lameduckMs = duration('lameduck', values.lameduck ?? '0s', longestLameduckMs);
  if (lameduckMs > 0 && !health) {
    throw new UserError('--lameduck: needs --health-bind-address, where that time is told of.');
  }
  return {
    api: { by: 'kubeconfig', file: kubeconfigOf(values.kubeconfig, env) },
    listen: (values.listen ?? ['0.0.0.0:53']).map(listenAddress),
    domain: values.domain ?? 'cluster.local',
    reverseCidrs: (values['reverse-cidrs'] ?? []).flatMap(reverseRanges),
    resolvConf: (values['resolv-conf'] ?? '/etc/resolv.conf') || undefined,
    ttl: wholeNumber('ttl', values.ttl ?? '5', 0, 3600),
    prometheus: bindAddress('metrics-bind-address'),
    health: health && { ...health, lameduckMs },
    ready: bindAddress('ready-bind-address'),
  };
}

function listenAddress(text: string): BindAddress {
  const address = parseBindAddress('--listen', text);
  if (address) return address;
  throw new UserError('--listen: an address with a port is missing, such as 0.0.0.0:53.');
}

const reverseRanges = (list: string): Cidr[] =>
  list
    .split(',')
    .filter(Boolean)
    .map((range) => addressRange('reverse-cidrs', range.trim()));

export const dns = command({
  name: 'dns',
  summary: "run the cluster's DNS server by itself, in place of CoreDNS, in any Kubernetes cluster",
  details:
    'It answers for Services, pods and their addresses, and asks other servers for all other names. Directives of a Corefile for which\n' +
    'there is nothing here are refused, with their lines.',
  options,
  async run(values) {
    const log = createLogger('dns', logLevelOf(values['log-level']));
    const source = sourceOf(values, process.env);
    const hurry = parentGone();
    const stop = AbortSignal.any([stopSignal(), hurry]);
    // Also for whoever let the kernel choose ports.
    const onReady: DnsOptions['onReady'] = ({ addresses, endpoints }) =>
      process.send?.({ type: 'ready', addresses, endpoints });
    try {
      await runDns({ source, log, onReady, hurry }, stop);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`portolan dns: ${(error as Error).message}.`, { cause: error });
    }
    // Watches may still be open, and there is nothing left to do for them.
    process.exit();
  },
});
