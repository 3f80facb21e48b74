// Where settings come from: read at the start, and again when they may have changed.

import type { Environment } from '../corefile/index.ts';
import { settingsFromCorefile, withKubeconfig } from './from-corefile.ts';
import { type DnsFlags, settingsFromFlags } from './from-flags.ts';
import type { DnsSettings } from './settings.ts';

export interface ReadSettings {
  readonly settings: DnsSettings;
  /** Changes when what was read does. */
  readonly digest: string;
}

export interface SettingsSource {
  /** Rejects with a UserError that says all that is wrong. */
  read(): Promise<ReadSettings>;
}

/** They never change. Throws UserError. */
export function flagsSource(flags: DnsFlags, workers?: number): SettingsSource {
  const settings = withWorkers(settingsFromFlags(flags), workers);
  return { read: async () => ({ settings, digest: '' }) };
}

export interface CorefileOptions {
  readonly file: string;
  readonly env: Environment;
  /** The way to the API server where the file names none; without it that of a pod, its service account. */
  readonly kubeconfig: string | undefined;
  /** How many processes answer, whatever the file's `multisocket` says. */
  readonly workers?: number | undefined;
}

export const corefileSource = ({ file, env, kubeconfig, workers }: CorefileOptions): SettingsSource => ({
  read: async () => {
    const { settings, digest } = withKubeconfig(await settingsFromCorefile(file, env), kubeconfig);
    return { settings: withWorkers(settings, workers), digest };
  },
});

function withWorkers({ servers }: DnsSettings, workers: number | undefined): DnsSettings {
  if (workers === undefined) return { servers };
  const multisocket = { sockets: workers };
  return { servers: servers.map((server) => ({ ...server, directives: { ...server.directives, multisocket } })) };
}
