// How many pods the controllers of some pods want in all (the denominator of a budget in percent). Deployments and
// ReplicaSets are at hand; of everything else the scale sub-resource is asked.

import { controllerOf, isNotFound, type OwnerReference, type Pod, type Scale } from '#api/index.ts';
import { discover } from '../discovery.ts';

import type { ControllerParts } from '../parts.ts';

export interface Wanted {
  readonly count: number;
  /** Pods that nobody controls, which therefore do not count. */
  readonly unmanaged: readonly Pod[];
}

export class Scales {
  readonly #parts: ControllerParts<'replicaSets' | 'deployments'>;
  /** `apiVersion kind` to the path of its namespaces, and its resource. */
  #paths = new Map<string, { root: string; resource: string }>();

  constructor(parts: ControllerParts<'replicaSets' | 'deployments'>) {
    this.#parts = parts;
  }

  /** Throws when the controller of a pod cannot be found, or cannot be scaled. */
  async wanted(pods: readonly Pod[]): Promise<Wanted> {
    const counts = new Map<string, number>();
    const seen = new Set<string>();
    const unmanaged: Pod[] = [];
    for (const pod of pods) {
      const controller = controllerOf(pod);
      if (!controller) unmanaged.push(pod);
      else if (!seen.has(controller.uid)) {
        seen.add(controller.uid);
        const scale = await this.#scaleOf(controller, pod.metadata.namespace ?? '');
        if (!scale) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
        counts.set(scale.uid, scale.count);
      }
    }
    return { count: [...counts.values()].reduce((sum, count) => sum + count, 0), unmanaged };
  }

  async #scaleOf(owner: OwnerReference, namespace: string) {
    const { replicaSets, deployments } = this.#parts.informers;
    if (owner.kind !== 'ReplicaSet' || !owner.apiVersion.startsWith('apps/')) return this.#ask(owner, namespace);
    const replicaSet = replicaSets.get(owner.name, namespace);
    if (!replicaSet || replicaSet.metadata.uid !== owner.uid) return undefined;
    const above = controllerOf(replicaSet);
    if (!above) return { uid: owner.uid, count: replicaSet.spec.replicas ?? 0 };
    if (above.kind !== 'Deployment') return this.#ask(above, namespace);
    const deployment = deployments.get(above.name, namespace);
    if (!deployment || deployment.metadata.uid !== above.uid) return undefined;
    return { uid: above.uid, count: deployment.spec.replicas ?? 0 };
  }

  async #ask({ apiVersion, kind, name, uid }: OwnerReference, namespace: string) {
    const path = await this.#pathOf(`${apiVersion} ${kind}`);
    if (!path) return undefined;
    const url = `${path.root}/namespaces/${namespace}/${path.resource}/${encodeURIComponent(name)}/scale`;
    try {
      const { metadata, spec } = (await this.#parts.client.json('GET', url)) as Scale;
      return metadata.uid === uid ? { uid, count: spec.replicas ?? 0 } : undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The server may serve more kinds than it did when we last looked. */
  async #pathOf(key: string) {
    if (!this.#paths.has(key)) {
      const served = await discover(this.#parts.client);
      this.#paths = new Map(
        served.map(({ group, version, kind, resource }) => {
          const [apiVersion, root] = group
            ? [`${group}/${version}`, `/apis/${group}/${version}`]
            : [version, `/api/${version}`];
          return [`${apiVersion} ${kind}`, { root, resource }];
        }),
      );
    }
    return this.#paths.get(key);
  }
}
