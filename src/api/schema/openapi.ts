// The OpenAPI v3 document of one group and version, made from the kinds and their messages (api.md §3). kubectl reads
// it for `explain`, for the merge keys of `apply`, and to learn from the PATCH operations that the server checks fields.

import type { Kind } from '../kind.ts';
import { apiVersionOf } from '../resources.ts';
import { Scale } from './autoscaling.ts';
import type { Message } from './dsl.ts';
import { DeleteOptions, ListMeta, Status } from './meta.ts';
import {
  deleteParameters,
  forceParameter,
  listParameters,
  nameParameter,
  namespaceParameter,
  writeParameters,
} from './openapi-parameters.ts';
import { refTo, type Schema, SchemaCollection, schemaName } from './openapi-schemas.ts';

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}
export type PathItem = Readonly<Record<string, unknown>>;

const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const answerTypes = ['application/json', 'application/yaml'];
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** The document that `/openapi/v3/{api/v1,apis/GROUP/VERSION}` answers; of `kinds`, those of `groupVersion` are in it. */
export function openApiV3(groupVersion: string, kinds: readonly Kind[]): object {
  const { info, paths, schemas } = describeKinds(kinds.filter((kind) => apiVersionOf(kind) === groupVersion));
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}

/** The paths of kinds, and the schemas of all that is sent there. */
export function describeKinds(kinds: readonly Kind[]) {
  const schemas = new SchemaCollection();
  const paths: Record<string, PathItem> = {};
  for (const kind of kinds) Object.assign(paths, new KindPaths(kind, schemas).all());
  return { info: { title: 'Portolan', version: 'unversioned' }, paths, schemas: schemas.toJSON() };
}

/** The paths of one kind: its collection, its objects and their sub-resources. */
class KindPaths {
  readonly #kind: Kind;
  readonly #object: Schema;
  readonly #list: Schema;
  readonly #status: Schema;
  readonly #deleteOptions: Schema;
  readonly #patch: Schema;
  readonly #scale: Schema | undefined;

  constructor(kind: Kind, schemas: SchemaCollection) {
    this.#kind = kind;
    this.#object = schemas.add(kind.schema, ownGvk(kind));
    this.#list = schemas.addNamed(`${schemaName(kind.schema)}List`, listSchema(kind, schemas));
    this.#status = schemas.add(Status, ownGvk({ group: '', version: 'v1', kind: 'Status' }));
    this.#deleteOptions = schemas.add(DeleteOptions, ownGvk({ group: '', version: 'v1', kind: 'DeleteOptions' }));
    this.#scale = kind.scale && schemas.add(Scale, ownGvk(scaleKind));
    this.#patch = schemas.addNamed('io.k8s.apimachinery.pkg.apis.meta.v1.Patch', {
      type: 'object',
      description: 'A change to an object, in the form that the content type of the request says.',
    });
  }

  all(): Record<string, PathItem> {
    const { group, version, resource, namespaced, hasStatus } = this.#kind;
    const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
    const collection = namespaced ? `${root}/namespaces/{namespace}/${resource}` : `${root}/${resource}`;
    const scope = namespaced ? [namespaceParameter] : [];
    const named = [...scope, nameParameter];
    return {
      ...(namespaced && { [`${root}/${resource}`]: { get: this.#listOperation('ForAllNamespaces') } }),
      [collection]: { ...this.#collection(), parameters: scope },
      [`${collection}/{name}`]: { ...this.#item(), parameters: named },
      ...(hasStatus && {
        [`${collection}/{name}/status`]: {
          ...this.#subresource('Status', this.#object, this.#kind),
          parameters: named,
        },
      }),
      ...(this.#scale && {
        [`${collection}/{name}/scale`]: { ...this.#subresource('Scale', this.#scale, scaleKind), parameters: named },
      }),
    };
  }

  #collection(): PathItem {
    return this.#allowed({
      get: this.#listOperation(''),
      post: this.#operation('post', 'create', `Create a ${this.#kind.kind}`, {
        parameters: writeParameters,
        requestBody: body(bodyTypes, this.#object),
        responses: responses(this.#object, 200, 201, 202),
      }),
      delete: this.#operation(
        'deletecollection',
        'deleteCollection',
        `Delete all ${this.#kind.resource} of a selection`,
        {
          parameters: [...listParameters, ...deleteParameters],
          requestBody: body(bodyTypes, this.#deleteOptions, false),
          responses: responses(this.#status, 200),
        },
      ),
    });
  }

  #item(): PathItem {
    const { kind, deleteReturnsObject } = this.#kind;
    return this.#allowed({
      ...this.#readAndWrite('', kind, this.#object, this.#kind),
      delete: this.#operation('delete', 'delete', `Delete a ${kind}`, {
        parameters: deleteParameters,
        requestBody: body(bodyTypes, this.#deleteOptions, false),
        responses: responses(deleteReturnsObject ? this.#object : this.#status, 200, 202),
      }),
    });
  }

  #subresource(name: 'Status' | 'Scale', schema: Schema, gvk: GroupVersionKind): PathItem {
    return this.#readAndWrite(name, `${name.toLowerCase()} of a ${this.#kind.kind}`, schema, gvk);
  }

  #readAndWrite(suffix: string, what: string, schema: Schema, gvk: GroupVersionKind): PathItem {
    return {
      get: this.#operation('get', 'read', `Read the ${what}`, { responses: responses(schema, 200) }, suffix, gvk),
      put: this.#operation(
        'put',
        'replace',
        `Replace the ${what}`,
        { parameters: writeParameters, requestBody: body(bodyTypes, schema), responses: responses(schema, 200, 201) },
        suffix,
        gvk,
      ),
      patch: this.#operation(
        'patch',
        'patch',
        `Change some fields of the ${what}`,
        {
          parameters: [...writeParameters, forceParameter],
          requestBody: body(patchTypes, this.#patch),
          responses: responses(schema, 200, 201),
        },
        suffix,
        gvk,
      ),
    };
  }

  #listOperation(suffix: string): PathItem {
    return this.#operation(
      'list',
      'list',
      `List or watch ${this.#kind.resource}`,
      { parameters: listParameters, responses: responses(this.#list, 200) },
      suffix,
    );
  }

  #operation(
    action: string,
    verb: string,
    description: string,
    rest: PathItem,
    suffix = '',
    { group, version, kind }: GroupVersionKind = this.#kind,
  ): PathItem {
    return {
      tags: [tagOf(this.#kind)],
      description,
      operationId: operationId(verb, this.#kind, suffix),
      ...rest,
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, kind, version },
    };
  }

  /** Without the operations of verbs that the kind does not have. */
  #allowed(item: PathItem): PathItem {
    const verbs: Record<string, string> = { post: 'create', put: 'update' };
    const omitted = this.#kind.omitVerbs ?? [];
    return Object.fromEntries(
      Object.entries(item).filter(([method, operation]) => {
        const action = (operation as PathItem)['x-kubernetes-action'] as string;
        return !omitted.includes(verbs[method] ?? action);
      }),
    );
  }
}

const scaleKind: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

const ownGvk = ({ group, version, kind }: GroupVersionKind): Schema => ({
  'x-kubernetes-group-version-kind': [{ group, kind, version }],
});

function listSchema({ group, version, kind, resource, schema }: Kind, schemas: SchemaCollection): Schema {
  const { apiVersion, kind: kindField } = typeMeta;
  return {
    description: `A list of objects of kind ${kind}.`,
    type: 'object',
    properties: {
      apiVersion,
      items: {
        description: `List of ${resource}.`,
        type: 'array',
        items: { allOf: [refTo(schemaName(schema as Message))], default: {} },
      },
      kind: kindField,
      metadata: {
        description: 'Revision of the list, and where to go on reading it.',
        allOf: [schemas.add(ListMeta)],
        default: {},
      },
    },
    required: ['items'],
    ...ownGvk({ group, version, kind: `${kind}List` }),
  };
}

const typeMeta = {
  apiVersion: { description: 'Group and version of the schema.', type: 'string' },
  kind: { description: 'Name of the schema.', type: 'string' },
};

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const groupVersionName = ({ group, version }: Kind): string =>
  `${capitalized(group ? (group.split('.')[0] as string) : 'core')}${capitalized(version)}`;

const tagOf = (kind: Kind): string => {
  const name = groupVersionName(kind);
  return `${name.charAt(0).toLowerCase()}${name.slice(1).replace(/V(\d\w*)$/, '_v$1')}`;
};

const operationId = (verb: string, kind: Kind, suffix: string): string =>
  [
    verb,
    groupVersionName(kind),
    verb === 'deleteCollection' ? 'Collection' : '',
    kind.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '',
    kind.kind,
    suffix,
  ]
    .join('')
    .replace('deleteCollection', 'delete');

const content = (types: readonly string[], schema: Schema): object => ({
  content: Object.fromEntries(types.map((type) => [type, { schema }])),
});
const body = (types: readonly string[], schema: Schema, required = true): object => ({
  ...content(types, schema),
  required,
});
const responses = (schema: Schema, ...codes: number[]): object =>
  Object.fromEntries([
    ...codes.map((code) => [code, { description: codeTexts[code], ...content(answerTypes, schema) }]),
    [401, { description: 'Unauthorized' }],
  ]);
const codeTexts: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
