import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../kinds/index.ts';
import { apiVersionOf } from '../resources.ts';
import { openApiV3 } from './openapi.ts';

interface Operation {
  operationId: string;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, unknown> };
}
interface Schema {
  description?: string;
  properties?: Record<string, Schema & Record<string, unknown>>;
  required?: string[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}
const groupVersions = [...new Set(kinds.map(apiVersionOf))];
const documents = new Map(groupVersions.map((gv) => [gv, openApiV3(gv, kinds) as Document]));
const documentOf = (groupVersion: string): Document => documents.get(groupVersion) as Document;
const schema = (groupVersion: string, name: string): Schema => {
  const found = documentOf(groupVersion).components.schemas[name];
  assert.ok(found, `${name} is in the document of ${groupVersion}`);
  return found;
};

test('every reference leads to a schema', () => {
  for (const [groupVersion, document] of documents) {
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      assert.ok(document.components.schemas[name as string], `${name} in ${groupVersion}`);
    }
  }
});

test('every kind has a PATCH that takes fieldValidation and strategic merge, which kubectl looks for', () => {
  for (const kind of kinds) {
    const { paths } = documentOf(apiVersionOf(kind));
    const patches = Object.values(paths)
      .map(({ patch }) => patch)
      .filter((patch) => patch?.['x-kubernetes-group-version-kind'].kind === kind.kind);
    assert.ok(patches.length > 0, kind.kind);
    for (const patch of patches) {
      assert.deepEqual(patch?.['x-kubernetes-group-version-kind'], {
        group: kind.group,
        kind: kind.kind,
        version: kind.version,
      });
      assert.ok(patch?.parameters?.some(({ name, in: where }) => name === 'fieldValidation' && where === 'query'));
      for (const type of ['application/strategic-merge-patch+json', 'application/apply-patch+yaml']) {
        assert.ok(Object.hasOwn(patch?.requestBody?.content ?? {}, type), type);
      }
    }
  }
});

test('every kind is found by its GET paths and by the mark on its schema, which explain does', () => {
  for (const kind of kinds) {
    const { paths, components } = documentOf(apiVersionOf(kind));
    const root = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
    assert.equal(paths[`${root}/${kind.resource}`]?.get?.['x-kubernetes-group-version-kind'].kind, kind.kind);
    const marked = Object.values(components.schemas).filter((candidate) =>
      candidate['x-kubernetes-group-version-kind']?.some((gvk) => gvk.kind === kind.kind && gvk.group === kind.group),
    );
    assert.equal(marked.length, 1, kind.kind);
  }
});

test('operations have unique ids, and sub-resources their own kind', () => {
  for (const { paths } of documents.values()) {
    const operations = Object.values(paths).flatMap(({ parameters, ...item }) => Object.values(item));
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  }
  const scale = documentOf('apps/v1').paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale'];
  assert.equal(scale?.patch?.['x-kubernetes-group-version-kind'].kind, 'Scale');
  assert.equal(scale?.patch?.operationId, 'patchAppsV1NamespacedDeploymentScale');
});

test('omitted verbs have no operation', () => {
  const namespace = kinds.map((kind) =>
    kind.kind === 'Namespace' ? { ...kind, omitVerbs: ['deletecollection', 'create'] } : kind,
  );
  const { paths } = openApiV3('v1', namespace) as Document;
  assert.deepEqual(Object.keys(paths['/api/v1/namespaces'] ?? {}).sort(), ['get', 'parameters']);
  assert.ok(paths['/api/v1/namespaces/{name}']?.delete);
});

test('lists carry what apply and server-side apply need', () => {
  const ports = schema('v1', 'io.k8s.api.core.v1.ServiceSpec').properties?.ports;
  assert.deepEqual(
    { ...ports, description: undefined },
    {
      description: undefined,
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'port',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ServicePort' }], default: {} },
    },
  );
  const podSpec = schema('v1', 'io.k8s.api.core.v1.PodSpec').properties;
  assert.equal(podSpec?.volumes?.['x-kubernetes-patch-strategy'], 'merge,retainKeys');
  assert.equal(
    schema('apps/v1', 'io.k8s.api.apps.v1.DeploymentSpec').properties?.strategy?.['x-kubernetes-patch-strategy'],
    'retainKeys',
  );
});

test('embedded structs are flat, named scalars are referred to', () => {
  const volume = schema('v1', 'io.k8s.api.core.v1.Volume').properties;
  assert.ok(volume?.name && volume.configMap && volume.emptyDir);
  assert.match(JSON.stringify(schema('v1', 'io.k8s.api.core.v1.ServicePort')), /pkg\.util\.intstr\.IntOrString/);
  assert.match(JSON.stringify(schema('v1', 'io.k8s.api.core.v1.ResourceRequirements')), /pkg\.api\.resource\.Quantity/);
  assert.match(JSON.stringify(schema('v1', 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')), /meta\.v1\.Time/);
  assert.deepEqual(schema('v1', 'io.k8s.api.core.v1.ServicePort').required, ['port']);
});

test('descriptions: every field of the kinds that services are made of', () => {
  const described =
    /^io\.k8s\.(api\.(core\.v1\.(Service|Endpoint|Namespace|ConfigMap$|Secret$|LoadBalancer|PortStatus|ClientIP|SessionAff)|apps|discovery|coordination)|.*meta\.v1\.ObjectMeta$)/;
  for (const { components } of documents.values()) {
    for (const [name, { description, properties = {} }] of Object.entries(components.schemas)) {
      if (!described.test(name)) continue;
      assert.ok(description, name);
      for (const [field, property] of Object.entries(properties)) assert.ok(property.description, `${name}.${field}`);
    }
  }
});

test('clients of server-side apply see what is one unit, what is a set, and what tells items apart', () => {
  const property = (name: string, field: string) => schema('v1', name).properties?.[field] ?? {};
  const core = 'io.k8s.api.core.v1';
  const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
  const ports = property(`${core}.ServiceSpec`, 'ports');
  assert.equal(ports['x-kubernetes-list-type'], 'map');
  assert.deepEqual(ports['x-kubernetes-list-map-keys'], ['port', 'protocol']);
  assert.equal(property(`${core}.ServicePort`, 'protocol').default, 'TCP');
  assert.equal(property(`${core}.ServiceSpec`, 'selector')['x-kubernetes-map-type'], 'atomic');
  assert.equal(property(`${core}.ServiceSpec`, 'externalIPs')['x-kubernetes-list-type'], 'atomic');
  assert.equal(property(`${meta}.ObjectMeta`, 'finalizers')['x-kubernetes-list-type'], 'set');
  const reference = schema('v1', `${core}.ObjectReference`) as Record<string, unknown>;
  assert.equal(reference['x-kubernetes-map-type'], 'atomic');
});
