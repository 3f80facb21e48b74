import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '#api/index.ts';
import { balancerAnnotation, cleanupFinalizer, plan } from './plan.ts';

const ours = { annotations: { [balancerAnnotation]: 'pool' }, finalizers: [cleanupFinalizer] };
const theirs = { finalizers: [cleanupFinalizer] };
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const ingress = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } };
const service = (
  type: string,
  metadata: object = {},
  rest: { loadBalancerClass?: string; status?: object } = {},
): Service =>
  ({
    metadata,
    spec: { type, loadBalancerClass: rest.loadBalancerClass },
    ...(rest.status && { status: rest.status }),
  }) as Service;

const pool = 'portolan.dev/pool';
const cases: { name: string; service: Service; served: string | undefined; want: string; says?: RegExp }[] = [
  { name: 'a new one', service: service('LoadBalancer'), served: pool, want: 'ensure' },
  { name: 'one that has all', service: service('LoadBalancer', ours, ingress), served: pool, want: 'ensure' },
  {
    name: 'our class',
    service: service('LoadBalancer', {}, { loadBalancerClass: pool }),
    served: pool,
    want: 'ensure',
  },
  { name: 'a ClusterIP', service: service('ClusterIP'), served: pool, want: 'release' },
  { name: 'a ClusterIP that was one', service: service('ClusterIP', ours), served: pool, want: 'clean-up' },
  {
    name: 'deleted',
    service: service('LoadBalancer', { ...ours, ...deleted }, ingress),
    served: pool,
    want: 'clean-up',
  },
  { name: 'deleted before we had it', service: service('LoadBalancer', deleted), served: pool, want: 'release' },
  {
    name: "deleted, with another implementation's finalizer of the same name",
    service: service('LoadBalancer', { ...theirs, ...deleted }, { loadBalancerClass: 'example.com/lb' }),
    served: pool,
    want: 'release',
  },
  {
    name: 'a class that is not ours',
    service: service('LoadBalancer', {}, { loadBalancerClass: 'example.com/lb' }),
    served: pool,
    want: 'explain',
    says: /spec.loadBalancerClass is example.com\/lb, and the load balancer here serves portolan.dev\/pool and Services without/,
  },
  {
    name: 'a class that is not ours, and somebody serves it',
    service: service('LoadBalancer', {}, { loadBalancerClass: 'example.com/lb', ...ingress }),
    served: pool,
    want: 'release',
  },
  {
    name: 'the class of another mode of ours, which served it before',
    service: service('LoadBalancer', ours, { loadBalancerClass: pool, ...ingress }),
    served: 'portolan.dev/localhost',
    want: 'clean-up',
  },
  {
    name: 'nobody here',
    service: service('LoadBalancer'),
    served: undefined,
    want: 'explain',
    says: /started with --load-balancer none/,
  },
  {
    name: 'nobody here, and a class',
    service: service('LoadBalancer', {}, { loadBalancerClass: 'example.com/lb' }),
    served: undefined,
    want: 'explain',
    says: /there is no load balancer here/,
  },
  {
    name: 'nobody here any more',
    service: service('LoadBalancer', ours, ingress),
    served: undefined,
    want: 'clean-up',
  },
  { name: 'somebody else here', service: service('LoadBalancer', theirs, ingress), served: undefined, want: 'release' },
];
for (const { name, service, served, want, says } of cases) {
  test(`plan: ${name}: ${want}`, () => {
    const planned = plan(service, served);
    assert.equal(planned.action, want);
    if (says) assert.match(planned.action === 'explain' ? planned.message : '', says);
  });
}
