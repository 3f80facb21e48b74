// What a user may do (api.md §15): an explicit table, in the place that RBAC will take. Administrators may do everything,
// the system's own components what their work needs, others may look at health, version and discovery.

import { forbidden } from '#api/index.ts';
import type { User } from './authentication.ts';
import { connectSubresources, type RequestInfo } from './request.ts';

interface Rule {
  readonly verbs: readonly string[];
  /**
   * `pods`, `pods/status`, or `*` for all resources and sub-resources: except, where not all verbs are granted too, those
   * that lead into pods and nodes, as reading there is doing.
   */
  readonly resources: readonly string[];
}

const read = ['get', 'list', 'watch'];
const write = ['create', 'update', 'patch'];
const all = [...read, ...write, 'delete', 'deletecollection'];
const reportEvents: Rule = { verbs: ['create', 'patch', 'update'], resources: ['events'] };

/** By the name of a user or of a group; a request is allowed if one rule of one of them allows it. */
const rules: Readonly<Record<string, readonly Rule[]>> = {
  'system:masters': [{ verbs: ['*'], resources: ['*'] }],
  'system:kube-controller-manager': [{ verbs: ['*'], resources: ['*'] }],
  'system:kube-scheduler': [
    { verbs: read, resources: ['*'] },
    { verbs: ['create'], resources: ['pods/binding', 'bindings'] },
    { verbs: ['patch', 'update'], resources: ['pods/status'] },
    { verbs: ['delete'], resources: ['pods'] },
    { verbs: write, resources: ['leases'] },
    reportEvents,
  ],
  'system:nodes': [
    {
      verbs: read,
      resources: ['nodes', 'pods', 'services', 'endpoints', 'endpointslices', 'configmaps', 'secrets', 'namespaces'],
    },
    { verbs: read, resources: ['serviceaccounts'] },
    { verbs: [...write, 'delete'], resources: ['nodes', 'pods', 'leases'] },
    { verbs: ['get', 'update', 'patch'], resources: ['nodes/status', 'pods/status', 'leases'] },
    reportEvents,
  ],
  'system:kube-proxy': [
    { verbs: read, resources: ['nodes', 'services', 'endpoints', 'endpointslices', 'servicecidrs', 'namespaces'] },
    reportEvents,
  ],
  'system:portolan-announcer': [{ verbs: read, resources: ['nodes', 'services', 'endpointslices'] }, reportEvents],
  'system:kube-dns': [
    { verbs: read, resources: ['nodes', 'pods', 'services', 'endpoints', 'endpointslices', 'namespaces'] },
    reportEvents,
  ],
  'system:kubelet-api-admin': [{ verbs: all, resources: ['nodes/proxy', 'nodes/log', 'nodes/stats'] }],
};

/** Paths that are no resources, readable by everybody: clients need them before they know who they are. */
const publicPath = /^\/(healthz|livez|readyz|version|api|apis|openapi)(\/.*)?$/;

/** Who watches over the system reads its figures, and no objects. */
const monitoringPath = /^\/metrics$/;

/** Throws 403, in the words that clients show. */
export function authorize(user: User, info: RequestInfo): void {
  if (user.groups.includes('system:masters') || isAllowed(user, info)) return;
  throw forbidden(refusal(user, info), info.resource && detailsOf(info.resource));
}

function isAllowed(user: User, { verb, path, method, resource }: RequestInfo): boolean {
  if (!resource) return (method === 'GET' || method === 'HEAD') && mayRead(user, path);
  const wanted = resource.subresource ? `${resource.resource}/${resource.subresource}` : resource.resource;
  return [user.name, ...user.groups]
    .flatMap((subject) => (Object.hasOwn(rules, subject) ? (rules[subject] ?? []) : []))
    .some((rule) => has(rule.verbs, verb) && covers(rule, wanted, resource.subresource));
}

const covers = ({ verbs, resources }: Rule, wanted: string, subresource: string): boolean =>
  resources.includes(wanted) ||
  (resources.includes('*') && (verbs.includes('*') || !connectSubresources.has(subresource)));

function mayRead(user: User, path: string): boolean {
  if (path === '/') return isKnown(user);
  return publicPath.test(path) || (monitoringPath.test(path) && user.groups.includes('system:monitoring'));
}

const isKnown = (user: User): boolean => user.groups.includes('system:authenticated');
const has = (list: readonly string[], item: string): boolean => list.includes('*') || list.includes(item);

const detailsOf = ({ group, resource, name }: { group: string; resource: string; name: string }) => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
});

function refusal({ name: user }: User, { verb, path, resource: at }: RequestInfo): string {
  if (!at) return `forbidden: User ${JSON.stringify(user)} cannot ${verb} path ${JSON.stringify(path)}`;
  const qualified = at.group ? `${at.resource}.${at.group}` : at.resource;
  const subject = at.name ? `${qualified} ${JSON.stringify(at.name)}` : qualified;
  const resource = at.subresource ? `${at.resource}/${at.subresource}` : at.resource;
  const scope = at.namespace ? `in the namespace ${JSON.stringify(at.namespace)}` : 'at the cluster scope';
  return `${subject} is forbidden: User ${JSON.stringify(user)} cannot ${verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(at.group)} ${scope}`;
}
