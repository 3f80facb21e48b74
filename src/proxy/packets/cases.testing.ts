// The Services, endpoints and callers that the tables speak of. Node one is "this node".

import type { Endpoint, EndpointSlice, Service, ServiceSpec } from '#api/index.ts';
import { serviceOf, sliceOf } from '../objects.testing.ts';
import { families } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import { answersIn, cellOf, readTable } from './read.testing.ts';
import { answerTable, poolTable } from './tables.testing.ts';

export const pools = readTable(poolTable);
export const answers = readTable(answerTable);

export const zone = 'zone-one';
export const policies = ['Cluster', 'Local'] as const;
export type Policy = (typeof policies)[number];

export const outerAddresses = ['node port', 'external IP', 'load balancer'] as const;
export type Called = 'cluster IP' | (typeof outerAddresses)[number];

export const types: readonly { readonly name: string; readonly type: string; readonly outer: readonly Called[] }[] = [
  { name: 'ClusterIP', type: 'ClusterIP', outer: [] },
  { name: 'ClusterIP with an external IP', type: 'ClusterIP', outer: ['external IP'] },
  { name: 'NodePort', type: 'NodePort', outer: ['node port'] },
  { name: 'LoadBalancer', type: 'LoadBalancer', outer: outerAddresses },
  { name: 'LoadBalancer without node ports', type: 'LoadBalancer', outer: ['load balancer'] },
];

export const callers = ['a pod', 'the endpoint', 'the node', 'a client outside', 'a pod elsewhere'] as const;
export type CallerName = (typeof callers)[number];

/** Endpoints have these addresses whether or not the Service has them. */
export const hereOf = (world: World): string => world.pod(1, 6);
export const elsewhereOf = (world: World): string => world.pod(2, 6);
export const sourceOf = (world: World, caller: CallerName): string =>
  ({
    'a pod': world.pod(1, 5),
    'the endpoint': hereOf(world),
    'the node': world.node(1),
    'a client outside': world.host,
    'a pod elsewhere': world.pod(2, 7),
  })[caller];

export interface Case {
  /** A row of the pool table. */
  readonly state: string;
  readonly type: (typeof types)[number];
  readonly internal: Policy;
  /** Absent for what is reached from inside only. */
  readonly external?: Policy | undefined;
  /** Tells its addresses from those of the others. */
  readonly n: number;
  readonly sticky?: boolean;
}

export const nameOf = ({ n }: Case): string => `case-${n}`;

export const addressOf = (world: World, { n }: Case, called: Called): { address: string; port: number } =>
  ({
    'cluster IP': { address: world.service(n), port: 80 },
    'node port': { address: world.node(1), port: 30_000 + n },
    'external IP': { address: world.vip(2 * n), port: 80 },
    'load balancer': { address: world.vip(2 * n + 1), port: 80 },
  })[called];

const protocols = ['TCP', 'UDP', 'SCTP'];
const bothWorlds = families.map((family) => worlds[family]);

export function serviceFor(one: Case, more: Partial<ServiceSpec> = {}): Service {
  const { type, internal, external, n, sticky } = one;
  const has = (called: Called) => type.outer.includes(called);
  const at = (called: Called) => bothWorlds.map((world) => addressOf(world, one, called).address);
  return serviceOf({
    name: nameOf(one),
    type: type.type,
    clusterIP: at('cluster IP'),
    ports: protocols.map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: 80,
      ...(has('node port') && { nodePort: 30_000 + n }),
    })),
    spec: {
      internalTrafficPolicy: internal,
      ...(external && { externalTrafficPolicy: external }),
      ...(has('external IP') && { externalIPs: at('external IP') }),
      ...(sticky && { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } } }),
      ...more,
    },
    ...(has('load balancer') && { ingress: at('load balancer').map((ip) => ({ ip })) }),
  });
}

export const slicesFor = (one: Case): EndpointSlice[] =>
  families.map((family) =>
    sliceOf({
      service: nameOf(one),
      name: `${nameOf(one)}-${family}`,
      addressType: family,
      ports: protocols.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 8080 })),
      endpoints: endpointsIn(one.state).map(({ where, ...endpoint }) => ({
        ...endpoint,
        ip: (where === 'here' ? hereOf : elsewhereOf)(worlds[family]),
        nodeName: where === 'here' ? 'one' : 'two',
      })),
    }),
  );

const conditions = {
  ready: { ready: true, serving: true, terminating: false },
  'not ready': { ready: false, serving: false, terminating: false },
  ending: { ready: false, serving: true, terminating: true },
  gone: { ready: false, serving: false, terminating: true },
} as const;
export const conditionNames = Object.keys(conditions);

type Stated = Pick<Endpoint, 'conditions' | 'hints'> & { where: 'here' | 'elsewhere' };

/** `ready here for another zone, ending elsewhere`; `none`. */
export function endpointsIn(state: string): Stated[] {
  if (state === 'none') return [];
  return state.split(', ').map((text): Stated => {
    const [, condition, where, hints = ''] = /^(.+) (here|elsewhere)(?: for (.+))?$/.exec(text) ?? [];
    const named = Object.entries(conditions).find(([name]) => name === condition)?.[1];
    if (!named) throw new Error(`"${text}" is no state of an endpoint`);
    const names = hints.split(' and ');
    const forZones = names.flatMap((hint) => zoneHints.get(hint) ?? []).map((name) => ({ name }));
    const forNodes = names.flatMap((hint) => nodeHints.get(hint) ?? []).map((name) => ({ name }));
    if (hints && forZones.length + forNodes.length !== names.length) throw new Error(`"${hints}" is no hint`);
    return {
      where: where as Stated['where'],
      conditions: named,
      ...(hints && { hints: { ...(forZones.length && { forZones }), ...(forNodes.length && { forNodes }) } }),
    };
  });
}
const zoneHints = new Map([
  ['this zone', zone],
  ['another zone', 'zone-other'],
]);
const nodeHints = new Map([
  ['this node', 'one'],
  ['another node', 'three'],
]);

/** Every state of the endpoints with every type and policy. */
export function allCases(): Case[] {
  const all = pools.rows.flatMap(({ name: state }) =>
    types.flatMap((type) =>
      policies.flatMap((internal) =>
        (type.outer.length > 0 ? policies : [undefined]).map((external) => ({ state, type, internal, external })),
      ),
    ),
  );
  return all.map((one, i) => ({ ...one, n: 300 + i }));
}

/** What the caller gets; one of several answers where several endpoints may be used. */
export function wanted(caller: CallerName, called: Called, { state, internal, external }: Case): string[] {
  const isOuter = called !== 'cluster IP';
  const name = `${caller} calls ${isOuter ? 'an outer address' : 'a cluster IP'}, policy ${isOuter ? external : internal}`;
  const pool = pools.rows.find((row) => row.name === state)?.cells;
  const head = `${pool?.get('of all nodes')} / ${pool?.get('of this node')}`;
  return answersIn(cellOf(answers.rows, name, head));
}
