// The records of a cluster as something that runs: its zones, fed by a watch on its API (directive `kubernetes`).

import type { Client } from '#client/index.ts';
import type { Component } from './component.ts';
import type { ApiAccess, KubernetesSettings } from './config/settings.ts';
import { Zones } from './records/index.ts';
import { ClusterSource } from './source.ts';

export interface ClusterRecordsParts {
  /** Rejects when the settings are unusable; whether the server answers shows later. */
  readonly connect: (access: ApiAccess) => Promise<Client>;
  readonly settings: KubernetesSettings;
  /** Addresses at which this server can be asked, by others. */
  readonly ownAddresses: readonly string[];
}

export class ClusterRecords implements Component {
  readonly name = 'kubernetes';
  readonly zones: Zones;
  readonly #connect: ClusterRecordsParts['connect'];
  readonly #settings: KubernetesSettings;
  #source: ClusterSource | undefined;

  constructor({ connect, settings, ownAddresses }: ClusterRecordsParts) {
    this.zones = new Zones({ zones: settings.zones, ttl: settings.ttl, ownAddresses });
    this.#connect = connect;
    this.#settings = settings;
  }

  async start(signal: AbortSignal): Promise<void> {
    const source = new ClusterSource(await this.#connect(this.#settings.api), this.zones.index);
    source.start(signal);
    source.synced(signal).catch(() => {});
    this.#source = source;
  }

  isReady(): boolean {
    return this.#source?.hasSynced ?? false;
  }
}
