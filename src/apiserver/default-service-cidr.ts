// The ServiceCIDR `kubernetes`, made of the ranges that the server was started with (services.md B.3), and made again when it
// is deleted. It is never made to fit: whoever starts the server with other ranges is told so by an event.

import {
  defaultServiceCIDR,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type Kind,
  type KubeObject,
  readiness,
  type ServiceCIDR,
} from '#api/index.ts';
import { serviceCIDRKind } from '#api/kinds/service-cidr.ts';
import { timestamp } from '#api/schema/time.ts';
import type { Parts } from './parts.ts';
import type { ServerEvents } from './server-events.ts';

const kind = serviceCIDRKind as unknown as Kind;
const component = 'kubernetes-service-cidr-controller';
const readyMessage = 'Kubernetes default Service CIDR is ready';

type Step = 'create' | 'add second range' | 'set ready' | 'nothing';
interface Finding {
  readonly reason: string;
  readonly message: string;
}
export interface DefaultPlan {
  readonly step: Step;
  readonly finding?: Finding;
}

/** What to do about the object as it is, and what to tell. Pure. */
export function planDefault(object: ServiceCIDR | undefined, cidrs: readonly string[]): DefaultPlan {
  if (!object) return { step: 'create' };
  // Its end is the business of the controller of ServiceCIDRs.
  if (object.metadata.deletionTimestamp) return { step: 'nothing' };
  const { cidrs: have = [] } = object.spec;
  if (have.length === 1 && cidrs.length === 2 && have[0] === cidrs[0]) return { step: 'add second range' };
  if (have.join() !== cidrs.join()) {
    const message = `The default ServiceCIDR [${have.join(' ')}] does not match the controller flag configurations [${cidrs.join(' ')}]`;
    return { step: 'nothing', finding: { reason: 'KubernetesDefaultServiceCIDRInconsistent', message } };
  }
  const ready = readiness(object);
  if (ready?.status === 'False') {
    // Somebody else says so, and would say it again.
    const message = `Configuration matches, but ${ready.message}`;
    return { step: 'nothing', finding: { reason: ready.reason || 'NotReady', message } };
  }
  return { step: ready?.status === 'True' ? 'nothing' : 'set ready' };
}

export class DefaultServiceCIDR {
  readonly #parts: Parts;
  readonly #events: ServerEvents;
  readonly #cidrs: readonly string[];
  /** What was told already; it is not told every ten seconds. */
  readonly #told = new Set<string>();

  /** @param cidrs in canonical form, the primary range first. */
  constructor(parts: Parts, events: ServerEvents, cidrs: readonly string[]) {
    this.#parts = parts;
    this.#events = events;
    this.#cidrs = cidrs;
  }

  /** Makes it what it should be. Throws when that cannot be done. */
  async keep(): Promise<void> {
    let object = await this.#get();
    let { step, finding } = planDefault(object, this.#cidrs);
    if (step === 'create' || step === 'add second range') {
      await this.#try(object, step === 'create' ? 'created' : 'upgraded to dual stack', () => this.#write(object));
      object = await this.#get();
      ({ step, finding } = planDefault(object, this.#cidrs));
    }
    if (step === 'set ready') await this.#try(object, 'set to Ready=True', () => this.#setReady());
    if (object && finding && !this.#told.has(finding.reason)) {
      this.#told.add(finding.reason);
      this.#events.warn(kind, object as KubeObject, component, finding.reason, finding.message);
    }
  }

  async #get(): Promise<ServiceCIDR | undefined> {
    const { registry } = this.#parts;
    const entry = await registry.get(kind, { name: defaultServiceCIDR });
    return entry && registry.decode<ServiceCIDR>(entry);
  }

  async #write(object: ServiceCIDR | undefined): Promise<void> {
    const spec = { cidrs: [...this.#cidrs] };
    const metadata = { name: defaultServiceCIDR };
    const { writer } = this.#parts;
    if (!object)
      await writer.create(kind, { metadata, spec } as KubeObject, { dryRun: false, fieldManager: component });
    else await this.#update('main', (old) => ({ ...old, spec }));
  }

  #setReady(): Promise<void> {
    const lastTransitionTime = timestamp(this.#parts.clock.now());
    const ready = { type: 'Ready', status: 'True', reason: '', message: readyMessage, lastTransitionTime };
    return this.#update('status', (old) => ({
      ...old,
      status: { conditions: [...(old.status?.conditions ?? []).filter(({ type }) => type !== 'Ready'), ready] },
    }));
  }

  async #update(rules: 'main' | 'status', apply: (old: ServiceCIDR) => ServiceCIDR): Promise<void> {
    const change = { rules, dryRun: false, fieldManager: component } as const;
    const target = { kind, namespace: '', name: defaultServiceCIDR };
    await this.#parts.writer.update(target, { ...change, apply: (old) => apply(old as ServiceCIDR) as KubeObject });
  }

  /** Who was faster has done the same. */
  async #try(object: ServiceCIDR | undefined, what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return;
      const about = object ?? { metadata: { name: defaultServiceCIDR }, spec: {} };
      const message = `The default ServiceCIDR can not be ${what}: ${(error as Error).message}`;
      this.#events.warn(kind, about as KubeObject, component, 'KubernetesDefaultServiceCIDRError', message);
      throw error;
    }
  }
}
