import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kinds } from '../kinds/index.ts';
import { apiVersionOf } from '../resources.ts';
import { openApiV3 } from './openapi.ts';
import { openApiV2 } from './openapi-v2.ts';
import { openApiV2Protobuf } from './openapi-v2-protobuf.ts';
import { WireReader, wireTypes } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

interface Parameter {
  name: string;
  in: string;
}
interface Operation {
  parameters?: Parameter[];
  consumes?: string[];
  produces: string[];
  responses: Record<string, { schema?: { $ref: string } }>;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
}
interface Definition {
  properties?: Record<string, unknown>;
  required?: string[];
  'x-kubernetes-group-version-kind'?: object[];
}
const document = openApiV2(kinds);
const paths = document.paths as Record<string, Record<string, Operation>>;
const definitions = document.definitions as Record<string, Definition>;

describe('the JSON document', () => {
  test('every reference leads to a definition', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, found]) => found as string);
    assert.ok(references.length > 100);
    for (const reference of references) assert.ok(definitions[reference.replace(/^#\/definitions\//, '')], reference);
  });

  test('nothing is left that only version 3 has', () => {
    const walk = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        // What a user may call a field is no keyword.
        if (!place.endsWith('/properties')) {
          assert.ok(!['allOf', 'oneOf', 'content', 'requestBody', 'default'].includes(key), `${place}/${key}`);
        }
        walk(inner, `${place}/${key}`);
      }
    };
    walk(document, '');
  });

  test('it has the paths and schemas of all documents of version 3', () => {
    for (const groupVersion of new Set(kinds.map(apiVersionOf))) {
      const v3 = openApiV3(groupVersion, kinds) as { paths: object; components: { schemas: object } };
      for (const path of Object.keys(v3.paths)) assert.ok(paths[path], path);
      for (const [name, schema] of Object.entries(v3.components.schemas as Record<string, Definition>)) {
        assert.deepEqual(Object.keys(definitions[name]?.properties ?? {}), Object.keys(schema.properties ?? {}), name);
      }
    }
  });

  test('every kind is found by the mark on its definition, and has a PATCH that takes fieldValidation', () => {
    for (const { group, version, kind } of kinds) {
      const mark = JSON.stringify({ group, kind, version });
      const marked = Object.values(definitions).filter((definition) =>
        definition['x-kubernetes-group-version-kind']?.some((gvk) => JSON.stringify(gvk) === mark),
      );
      assert.equal(marked.length, 1, mark);
      const patches = Object.values(paths)
        .map(({ patch }) => patch)
        .filter((patch) => JSON.stringify(patch?.['x-kubernetes-group-version-kind']) === mark);
      assert.ok(patches.length > 0, mark);
      for (const patch of patches) {
        assert.ok(patch?.parameters?.some((parameter) => parameter.name === 'fieldValidation'));
        assert.ok(patch?.consumes?.includes('application/strategic-merge-patch+json'));
      }
    }
  });

  test('an operation has its body among the parameters and its media types itself', () => {
    const operation = paths['/api/v1/namespaces/{namespace}/services']?.post;
    assert.deepEqual(operation?.parameters?.[0], {
      name: 'body',
      in: 'body',
      required: true,
      schema: { $ref: '#/definitions/io.k8s.api.core.v1.Service' },
    } as Parameter);
    assert.ok(operation.produces.includes('application/json'));
    assert.equal(operation.responses['201']?.schema?.$ref, '#/definitions/io.k8s.api.core.v1.Service');
    assert.equal(operation.responses['401']?.schema, undefined);
  });

  const properties: { name: string; property: string; want: object }[] = [
    {
      name: 'io.k8s.api.core.v1.ServiceSpec',
      property: 'ports',
      want: {
        type: 'array',
        items: { $ref: '#/definitions/io.k8s.api.core.v1.ServicePort' },
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-patch-merge-key': 'port',
        'x-kubernetes-patch-strategy': 'merge',
      },
    },
    {
      name: 'io.k8s.api.core.v1.ServicePort',
      property: 'targetPort',
      want: { $ref: '#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
    },
    { name: 'io.k8s.api.core.v1.ServicePort', property: 'port', want: { type: 'integer', format: 'int32' } },
    {
      name: 'io.k8s.api.core.v1.ServiceSpec',
      property: 'selector',
      want: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
    },
    {
      name: 'io.k8s.api.core.v1.Service',
      property: 'spec',
      want: { $ref: '#/definitions/io.k8s.api.core.v1.ServiceSpec' },
    },
  ];
  for (const { name, property, want } of properties) {
    test(`${name}.${property}`, () => {
      const found = definitions[name]?.properties?.[property] as { description: string } | undefined;
      assert.ok(found?.description);
      const { description: _, ...rest } = found;
      assert.deepEqual(rest, want);
    });
  }

  test('fields that the server writes by itself are not demanded of users, since kubectl would refuse', () => {
    assert.deepEqual(definitions['io.k8s.api.core.v1.ServicePort']?.required, ['port']);
    assert.deepEqual(definitions['io.k8s.api.discovery.v1.EndpointSlice']?.required, ['addressType', 'endpoints']);
    assert.equal(definitions['io.k8s.api.core.v1.Event']?.required, undefined);
  });
});

// A reader of its own, by gnostic's numbers: texts are read as far as a test asks for them.
type Decoded = Map<number, (Buffer | number)[]>;

function decode(bytes: Uint8Array): Decoded {
  const reader = new WireReader(bytes);
  const fields: Decoded = new Map();
  for (const { number, wireType } of reader.tags()) {
    assert.ok(wireType === wireTypes.bytes || wireType === wireTypes.varint);
    const value = wireType === wireTypes.bytes ? reader.bytes() : reader.varint();
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}
const texts = (fields: Decoded, number: number): string[] => (fields.get(number) ?? []).map(String);
const messages = (fields: Decoded, number: number): Decoded[] =>
  (fields.get(number) ?? []).map((value) => decode(value as Buffer));
const at = (fields: Decoded, ...numbers: number[]): Decoded =>
  numbers.reduce((within, number) => messages(within, number)[0] ?? new Map(), fields);
const named = (fields: Decoded, number: number): Map<string, Decoded> =>
  new Map(messages(fields, number).map((entry) => [String(texts(entry, 1)[0]), at(entry, 2)]));
const extensionsOf = (fields: Decoded, number: number): Record<string, unknown> =>
  Object.fromEntries([...named(fields, number)].map(([name, any]) => [name, JSON.parse(texts(any, 2)[0] as string)]));

/** The schema as it stands in the JSON document. */
function schemaFrom(fields: Decoded): object {
  const [$ref, format, description] = [1, 2, 4].map((number) => texts(fields, number)[0]);
  const required = texts(fields, 19);
  const [type] = texts(at(fields, 22), 1);
  return {
    ...(description && { description }),
    ...(type && { type }),
    ...(format && { format }),
    ...(required.length > 0 && { required }),
    ...($ref && { $ref }),
    ...extensionsOf(fields, 31),
    ...(fields.has(21) && { additionalProperties: schemaFrom(at(fields, 21, 1)) }),
    ...(fields.has(23) && { items: schemaFrom(at(fields, 23, 1)) }),
    ...(fields.has(25) && {
      properties: Object.fromEntries(
        [...named(at(fields, 25), 1)].map(([name, property]) => [name, schemaFrom(property)]),
      ),
    }),
  };
}

describe('the protobuf document', () => {
  const root = decode(openApiV2Protobuf(document));

  test('it says which version it is', () => {
    assert.deepEqual(texts(root, 1), ['2.0']);
    assert.deepEqual(texts(at(root, 2), 1), ['Portolan']);
  });

  test('its definitions are those of the JSON document', () => {
    const found = [...named(at(root, 9), 1)].map(([name, schema]) => [name, schemaFrom(schema)]);
    assert.deepEqual(Object.fromEntries(found), definitions);
  });

  test('its paths have the operations, parameters and answers of the JSON document', () => {
    const methods: [string, number][] = [
      ['get', 2],
      ['put', 3],
      ['post', 4],
      ['delete', 5],
      ['patch', 8],
    ];
    const found = named(at(root, 8), 2);
    assert.deepEqual([...found.keys()], Object.keys(paths));
    for (const [path, item] of found) {
      for (const [method, number] of methods) {
        const want = paths[path]?.[method];
        assert.equal(item.has(number), want !== undefined, `${method} ${path}`);
        if (!want) continue;
        const operation = at(item, number);
        assert.deepEqual(texts(operation, 6), want.produces);
        assert.deepEqual(texts(operation, 7), want.consumes ?? []);
        assert.deepEqual(parametersFrom(operation, 8), (want.parameters ?? []).map(nameAndPlace));
        assert.deepEqual([...named(at(operation, 9), 1).keys()], Object.keys(want.responses));
        assert.deepEqual(
          extensionsOf(operation, 13)['x-kubernetes-group-version-kind'],
          want['x-kubernetes-group-version-kind'],
        );
      }
      assert.deepEqual(
        parametersFrom(item, 9),
        ((paths[path]?.parameters ?? []) as unknown as Parameter[]).map(nameAndPlace),
      );
    }
  });

  const nameAndPlace = ({ name, in: place }: Parameter): string => `${place} ${name}`;
  const parametersFrom = (fields: Decoded, number: number): string[] =>
    messages(fields, number).map((item) => {
      const parameter = at(item, 1);
      const body = at(parameter, 1);
      if (body.size > 0) return `${texts(body, 3)[0]} ${texts(body, 2)[0]}`;
      const plain = at(parameter, 2);
      const inUrl = at(plain, plain.has(3) ? 3 : 4);
      return `${texts(inUrl, 2)[0]} ${texts(inUrl, 4)[0]}`;
    });

  test('a property without a number is an error, not left out', () => {
    const strange = { ...document, definitions: { x: { nullable: true } } };
    assert.throws(() => openApiV2Protobuf(strange), /no field number is known for "nullable"/);
  });
});

test('what WireWriter writes, WireReader reads', () => {
  const long = 'é'.repeat(100_000);
  const writer = new WireWriter();
  writer.text(1, '');
  writer.bool(2, true);
  writer.nested(3000, (inner) => {
    inner.text(1, long);
    inner.bool(15, false);
    inner.nested(16, () => {});
  });
  const fields = decode(writer.finish());
  assert.deepEqual([...fields.keys()], [1, 2, 3000]);
  assert.deepEqual(texts(fields, 1), ['']);
  assert.deepEqual(fields.get(2), [1]);
  assert.deepEqual(texts(at(fields, 3000), 1), [long]);
  assert.deepEqual(at(fields, 3000).get(15), [0]);
  assert.equal(at(fields, 3000, 16).size, 0);
});
