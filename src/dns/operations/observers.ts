// A server block's directives for its operators → who is told of its queries.

import type { Writable } from 'node:stream';
import type { Logger } from '#lib/log.ts';
import type { Components } from '../component.ts';
import type { HostPort, ServerKey, ServerSettings } from '../config/settings.ts';
import type { FailureObserver, Observer } from '../observer.ts';
import { formatName } from '../wire/index.ts';
import { ErrorLog } from './error-log.ts';
import { HealthEndpoint } from './health-endpoint.ts';
import { serverLabel } from './labels.ts';
import { metricsEndpoint } from './metrics-endpoint.ts';
import { Output } from './output.ts';
import { QueryCounts } from './query-counts.ts';
import { QueryLog } from './query-log.ts';
import { readyEndpoint } from './ready-endpoint.ts';
import type { ServerStatus } from './status.ts';

export interface OperationsParts {
  readonly status: ServerStatus;
  readonly log: Logger;
  /** Where lines go: standard output. */
  readonly out: Writable;
}

/** What is served over HTTP for a block. */
export function openEndpoints({ directives }: ServerSettings, components: Components, parts: OperationsParts): void {
  const { prometheus, health, ready } = directives;
  const { status } = parts;
  if (prometheus) components.get('/metrics', prometheus, () => metricsEndpoint(prometheus, status));
  // What else these directives say may change while their address stays.
  if (health) components.get('/health', addressOf(health), () => new HealthEndpoint(health, parts));
  if (ready) components.get('/ready', addressOf(ready), () => readyEndpoint(ready, status));
}

const addressOf = ({ host, port }: HostPort): HostPort => ({ host, port });

/** Who is told of the queries of one of a block's zones at one address. */
export function observersOf(
  { directives: { prometheus, log } }: ServerSettings,
  key: ServerKey,
  components: Components,
  parts: OperationsParts,
): Observer[] {
  const observers: Observer[] = [];
  if (prometheus) observers.push(countsOf(components, key, formatName(key.zone)));
  if (log) observers.push(new QueryLog(log, outputOf(components, parts), key.host));
  return observers;
}

/** Who is told of a block's failures. */
export function failuresOf(
  { directives: { errors, debug } }: ServerSettings,
  components: Components,
  parts: OperationsParts,
): FailureObserver | undefined {
  if (!errors) return undefined;
  const output = outputOf(components, parts);
  return components.get('errors', { errors, debug }, () => new ErrorLog(errors, output, debug !== undefined));
}

/** One for all: lines of one turn go out together. */
const outputOf = (components: Components, { out }: OperationsParts): Output =>
  components.get('log', 'output', () => new Output(out));

/** Of the packets that come to no block of an address; undefined where no block counts. */
export function dropCounts(
  servers: readonly ServerSettings[],
  site: Omit<ServerKey, 'zone'>,
  components: Components,
): QueryCounts | undefined {
  const isCounted = servers.some(
    ({ directives, keys }) => directives.prometheus && keys.some((key) => serverLabel(key) === serverLabel(site)),
  );
  return isCounted ? countsOf(components, site, 'dropped') : undefined;
}

/** They go on over a change of the configuration. */
function countsOf(components: Components, site: Omit<ServerKey, 'zone'>, zone: string): QueryCounts {
  const labels = { server: serverLabel(site), zone, view: '' };
  return components.get('prometheus', labels, () => new QueryCounts(labels));
}
