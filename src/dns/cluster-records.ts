// The records of a cluster as something that runs: its zones, fed by a watch on its API (directive `kubernetes`).

import type { Client } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import { ApiRequests } from './api-requests.ts';
import type { Component } from './component.ts';
import type { ApiAccess, KubernetesSettings } from './config/settings.ts';
import { ProgrammingLatency } from './programming-latency.ts';
import { PodIndex, Zones } from './records/index.ts';
import { SkippedObjects } from './skipped-objects.ts';
import { ClusterSource } from './source.ts';

export interface ClusterRecordsParts {
  /** Rejects when the settings are unusable; whether the server answers shows later. */
  readonly connect: (access: ApiAccess, requests: ApiRequests) => Promise<Client>;
  readonly settings: KubernetesSettings;
  /** Addresses at which this server can be asked, by others. */
  readonly ownAddresses: readonly string[];
  readonly log: Logger;
  /** Whether what Services are called outside is wanted, too. */
  readonly external?: boolean;
}

export class ClusterRecords implements Component {
  readonly name = 'kubernetes';
  readonly zones: Zones;
  /** Where pods are watched. */
  readonly pods: PodIndex | undefined;
  readonly #log: Logger;
  readonly #external: boolean;
  readonly #connect: ClusterRecordsParts['connect'];
  readonly #settings: KubernetesSettings;
  readonly #requests: ApiRequests;
  readonly #latency = new ProgrammingLatency();
  readonly #skipped: SkippedObjects;
  #source: ClusterSource | undefined;

  constructor({ connect, settings, ownAddresses, log, external = false }: ClusterRecordsParts) {
    const { zones, ttl, ignoreEmptyService, zonal, multicluster } = settings;
    this.pods = settings.pods === 'verified' ? new PodIndex() : undefined;
    const pods = settings.pods === 'verified' ? this.pods : settings.pods;
    this.zones = new Zones({
      zones,
      ttl,
      ignoreEmptyService,
      zonal,
      multicluster,
      ...(pods && { pods }),
      ownAddresses,
    });
    this.#connect = connect;
    this.#requests = new ApiRequests(settings);
    this.#settings = settings;
    this.#log = log;
    this.#skipped = new SkippedObjects({ log });
    this.#external = external;
  }

  async start(signal: AbortSignal): Promise<void> {
    const client = await this.#connect(this.#settings.api, this.#requests);
    const { index, imports } = this.zones;
    const { endpointPodNames, zonal, multicluster } = this.#settings;
    const facts = { endpointPodNames, zones: zonal, external: this.#external };
    const parts = {
      client,
      index,
      pods: this.pods,
      facts,
      latency: this.#latency,
      skipped: this.#skipped,
      log: this.#log,
    };
    this.#source = new ClusterSource({ ...parts, ...(multicluster.length > 0 && { imports }) }, this.#settings);
    this.#source.start(signal);
  }

  isReady(): boolean {
    return this.#source?.hasSynced ?? false;
  }

  metrics(): Metric[] {
    return [...this.#latency.metrics(), ...this.#requests.metrics(), ...this.#skipped.metrics()];
  }
}
