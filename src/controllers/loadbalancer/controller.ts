// Looks after Services of type LoadBalancer as upstream's service controller does: finalizer, status, events. Where the
// addresses come from is the balancer's business. No Service waits without an event that says for what.

import { type Service, services } from '#api/index.ts';
import { type Change, keyOf, runWorkers, splitKey, WorkQueue } from '#client/index.ts';
import { sameJson } from '../json.ts';
import { type ControllerParts, partsFor } from '../parts.ts';
import type { Balancer, Ingress } from './balancer.ts';
import { LocalhostBalancer } from './localhost-balancer.ts';
import type { LoadBalancerOptions } from './options.ts';
import { balancerAnnotation, cleanupFinalizer, plan } from './plan.ts';
import { PoolBalancer } from './pool-balancer.ts';
import { tellChanges } from './service-changes.ts';
import { Waiting } from './waiting.ts';

type Parts = ControllerParts<'services'>;

export function runLoadBalancers(shared: Parts, options: LoadBalancerOptions): Promise<void> {
  const parts = partsFor(shared, 'service-controller');
  const { informers, signal, log } = parts;
  const controller = new LoadBalancerController(parts, options);
  informers.services.onChange((change) => controller.changed(change));
  // One at a time: two that want the same address are served in turn.
  return runWorkers(controller.queue, { signal, log }, (key) => controller.reconcile(key));
}

function makeBalancer(
  { informers, signal, log }: Parts,
  options: LoadBalancerOptions,
  onLetGo: () => void,
): Balancer | undefined {
  switch (options.mode) {
    case 'pool': {
      const servicesAt = (externalIP: string) => informers.services.by('externalIP', externalIP);
      return new PoolBalancer({ pool: options.pool, servicesAt, onLetGo });
    }
    case 'localhost':
      return new LocalhostBalancer({ signal, log, onLetGo });
    case 'none':
      return undefined;
  }
}

const ingressOf = ({ status }: Service): readonly Ingress[] => status?.loadBalancer?.ingress ?? [];

class LoadBalancerController {
  readonly queue = new WorkQueue();
  readonly #parts: Parts;
  readonly #balancer: Balancer | undefined;
  readonly #waiting: Waiting;
  readonly #patienceMs: number;

  constructor(parts: Parts, options: LoadBalancerOptions) {
    this.#parts = parts;
    this.#patienceMs = options.patienceMs ?? 3000;
    this.#waiting = new Waiting(parts, this.queue);
    this.#balancer = makeBalancer(parts, options, () => this.#waiting.lookAgain());
    this.#balancer?.adopt(parts.informers.services.list());
  }

  changed({ type, object, old }: Change<Service>): void {
    this.queue.add(keyOf(object));
    if (old && plan(object, this.#balancer?.loadBalancerClass).action !== 'explain') {
      for (const { reason, message } of tellChanges(old, object)) this.#tell(object, reason, message);
    }
    // Not given away while it was an external IP; now it may be free.
    if (!sameJson(old?.spec.externalIPs, type === 'deleted' ? undefined : object.spec.externalIPs))
      this.#waiting.lookAgain();
  }

  async reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#parts.informers.services.get(name, namespace);
    const todo = service ? plan(service, this.#balancer?.loadBalancerClass) : ({ action: 'release' } as const);
    if (service && todo.action === 'ensure') return await this.#ensure(key, service);
    if (service && todo.action === 'clean-up') await this.#cleanUp(service);
    if (service && todo.action === 'explain') this.#waiting.tell(service, { ...todo, patienceMs: this.#patienceMs });
    else this.#waiting.end(key);
    await this.#balancer?.release(key);
  }

  async #ensure(key: string, service: Service): Promise<void> {
    if (!this.#balancer) return;
    const { ingress, problem, retryAfterMs } = await this.#balancer.ensure(service);
    const isNews = !sameJson(ingress, ingressOf(service));
    const isSettled = !isNews && this.#isMarked(service);
    if (!isSettled && !this.#waiting.has(key)) this.#tell(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
    const marked = this.#isMarked(service) ? service : await this.#mark(service, this.#balancer.name);
    if (isNews) await this.#writeIngress(marked, ingress);
    if (problem !== undefined) {
      const message = `Error syncing load balancer: failed to ensure load balancer: ${problem}`;
      this.#waiting.tell(service, { reason: 'SyncLoadBalancerFailed', message, retryAfterMs });
      return;
    }
    if (!isSettled || this.#waiting.has(key)) this.#tell(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
    this.#waiting.end(key);
  }

  /** The status goes before what it names is released: nobody else has that for as long as somebody reads it here. */
  async #cleanUp(service: Service): Promise<void> {
    this.#tell(service, 'DeletingLoadBalancer', 'Deleting load balancer');
    const hasIngress = ingressOf(service).length > 0;
    const cleared = hasIngress ? await this.#writeIngress(service, []) : service;
    await this.#mark(cleared, undefined);
    this.#tell(service, 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  #isMarked({ metadata }: Service): boolean {
    const isOurs = metadata.annotations?.[balancerAnnotation] === this.#balancer?.name;
    return isOurs && (metadata.finalizers ?? []).includes(cleanupFinalizer);
  }

  /** Puts finalizer and annotation on the Service, or takes them off. */
  async #mark({ metadata }: Service, balancer: string | undefined): Promise<Service> {
    const { name = '', namespace, resourceVersion } = metadata;
    const others = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
    const finalizers = balancer === undefined ? others : [...others, cleanupFinalizer];
    const annotations = { [balancerAnnotation]: balancer ?? null };
    const patch = { metadata: { resourceVersion, finalizers, annotations } };
    return await this.#parts.client.resource(services).patch(name, patch, { namespace, type: 'merge' });
  }

  async #writeIngress({ metadata }: Service, ingress: readonly Ingress[]): Promise<Service> {
    const { name = '', namespace, resourceVersion } = metadata;
    const loadBalancer = { ingress: ingress.length > 0 ? ingress : null };
    const patch = { metadata: { resourceVersion }, status: { loadBalancer } };
    const options = { namespace, type: 'merge', subresource: 'status' } as const;
    return await this.#parts.client.resource(services).patch(name, patch, options);
  }

  #tell(service: Service, reason: string, message: string): void {
    this.#parts.events.event(service, 'Normal', reason, message);
  }
}
