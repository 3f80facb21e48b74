// What the commands that run one part of a cluster by itself share: the way to the API server, and the end.

import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client, connect } from '#client/index.ts';
import { type LogLevel, logLevels } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import { oneOf } from './command.ts';

export const partOptions = {
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    help: 'how to reach the API server (default: KUBECONFIG, else ~/.kube/config)',
  },
  'log-level': { type: 'string', value: 'LEVEL', default: 'info', help: logLevels.join(', ') },
} as const;

/** Of the parts that run on every machine. */
export const nodeOption = {
  node: {
    type: 'string',
    value: 'NAME',
    help: "this machine's Node in the cluster (default: its host name, in lower case)",
  },
} as const;
export const nodeNameOf = (text: string | undefined): string => text ?? hostname().toLowerCase();

/** From here on, processes and loggers that start log from this level on. */
export const logLevelOf = (text: string): LogLevel => oneOf('log-level', text, logLevels);

/** The file that the option or the environment names. */
export const namedKubeconfig = (option: string | undefined, env = process.env): string | undefined =>
  option ?? env.KUBECONFIG?.split(delimiter).find(Boolean);

/** The file, as kubectl finds it. */
export const kubeconfigOf = (option: string | undefined, env = process.env): string =>
  namedKubeconfig(option, env) ?? join(homedir(), '.kube/config');

/** A client with the credentials of the kubeconfig; whether the server answers shows later. */
export async function clientOf(kubeconfig: string | undefined, userAgent: string): Promise<Client> {
  try {
    return new Client(await connect(kubeconfigOf(kubeconfig)), { userAgent });
  } catch (error) {
    const hint = kubeconfig === undefined ? ' Name one with --kubeconfig FILE.' : '';
    throw new UserError(`${(error as Error).message}.${hint}`, { cause: error });
  }
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts when the process is asked to end. A second request ends it at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    for (const each of stopSignals) process.off(each, onSignal);
    stop.abort(new Error(`${signal} was received`));
  };
  for (const each of stopSignals) process.on(each, onSignal);
  return stop.signal;
}

/** Aborts when the process that started this one with an IPC channel is gone; never without one. */
export function parentGone(): AbortSignal {
  const gone = new AbortController();
  const onGone = () => gone.abort(new Error('the process that started this one has ended'));
  process.once('disconnect', onGone);
  // It may have gone before there was anybody to hear of it.
  if (process.send && !process.connected) onGone();
  return gone.signal;
}
