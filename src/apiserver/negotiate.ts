// Which representation a client wants, from its Accept header (api.md §5): JSON or YAML; the object as it is, as a Table
// or as metadata only. Protobuf is understood in requests but never written: every client that lists it lists JSON too.

import { notAcceptable } from '#api/index.ts';

export interface Representation {
  readonly media: 'json' | 'yaml';
  readonly as: 'object' | 'table' | 'metadata';
  /** Of the meta.k8s.io group, for tables and metadata. */
  readonly metaVersion: 'v1' | 'v1beta1';
}

export const plainJson: Representation = { media: 'json', as: 'object', metaVersion: 'v1' };
export const acceptedMedia = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The ranges of an Accept header, the most wanted first; those of equal quality keep their order. */
export function parseAccept(accept: string): MediaRange[] {
  return accept
    .split(',')
    .map((part) => {
      const [type = '', ...pairs] = part.split(';').map((piece) => piece.trim());
      const parameters = Object.fromEntries(pairs.map((pair) => splitPair(pair)));
      const quality = parameters.q === undefined ? 1 : Number(parameters.q);
      return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

const splitPair = (pair: string): [string, string] => {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1).replace(/^"(.*)"$/, '$1')];
};

/** The first alternative of `accept` that can be served; throws 406 when there is none. */
export function negotiate(accept: string | undefined): Representation {
  if (!accept?.trim()) return plainJson;
  for (const range of parseAccept(accept)) {
    const representation = representationFor(range);
    if (representation) return representation;
  }
  throw notAcceptable(acceptedMedia);
}

/** What an error is written in: the wanted media if it can be had, else JSON. Never a Table. */
export function negotiateError(accept: string | undefined): Representation {
  const yaml = parseAccept(accept ?? '').find(({ type }) => mediaOf(type) !== undefined);
  return { ...plainJson, media: (yaml && mediaOf(yaml.type)) ?? 'json' };
}

function mediaOf(type: string): Representation['media'] | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

function representationFor({ type, parameters }: MediaRange): Representation | undefined {
  const media = mediaOf(type);
  if (!media) return undefined;
  const { as, g: group = 'meta.k8s.io', v: version = 'v1' } = parameters;
  if (!as) return { ...plainJson, media };
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { media, as: 'table', metaVersion: version };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
    return { media, as: 'metadata', metaVersion: version };
  }
  return undefined;
}
