// Whole requests: a route, and round it queries, headers and addresses that nobody sends in good faith.

import { type Body, bodyOf, type Material } from './bodies-suite.ts';
import type { Random } from './random-suite.ts';
import { pathOf, type Route } from './routes-suite.ts';
import { oddTexts } from './values-suite.ts';

export interface FuzzRequest {
  readonly route: Route;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | undefined;
}

const everyQuery: Readonly<Record<string, readonly string[]>> = {
  pretty: ['true', '1', '0', 'x', ''],
  resourceVersion: ['0', '1', '5', '', 'x', '-1', '1.5', '99999999999999999999', '123456789', ' 1'],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'exact', ''],
  limit: ['1', '2', '500', '0', '-1', 'x', '1e3', '9'.repeat(30)],
  continue: ['x', '', 'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0', 'A'.repeat(5000), 'bnVsbA'],
  watch: ['1', 'true', '0', 'x', ''],
  timeoutSeconds: ['1', '0', '-1', 'x', '99999999999'],
  timeout: ['1s', '0s', '-1s', '10', '1h', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  sendInitialEvents: ['true', 'false', 'x'],
  labelSelector: [
    'a=1',
    'a',
    '!a',
    'a in (1,2)',
    'a notin ()',
    'a in (',
    ',',
    'a==b==c',
    'a>1',
    'a>x',
    '((((',
    '__proto__=1',
    '\u0000',
  ],
  fieldSelector: [
    'metadata.name=x',
    'metadata.namespace!=default',
    'spec.foo=1',
    '=',
    'metadata.name',
    'a=b=c',
    '__proto__=1',
    'status.phase=Running',
  ],
  includeObject: ['None', 'Object', 'Metadata', 'All'],
  dryRun: ['All', 'all', '', 'x', 'All'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'strict', ''],
  fieldManager: ['m', '', 'a b', '\u0000', 'é'.repeat(200), 'x'.repeat(129)],
  force: ['true', 'false', 'x', ''],
  gracePeriodSeconds: ['0', '30', '-1', 'x', '99999999999', '1.5'],
  propagationPolicy: ['Foreground', 'Background', 'Orphan', 'foreground', ''],
  orphanDependents: ['true', 'false', 'x'],
  ignoreStoreReadErrorWithClusterBreakingPotential: ['true', 'x'],
  container: ['c', 'x', ''],
  follow: ['true', 'x'],
  tailLines: ['1', '-1', 'x'],
  verbose: ['', '1'],
  exclude: ['ping', 'x'],
  hash: ['x', ''],
  __proto__x: ['1'],
};
const queryNames = Object.keys(everyQuery);

function queryOf({ verb }: Route, random: Random): string {
  const pairs: [string, string][] = [];
  if (verb === 'watch') pairs.push(['watch', random.pick(['1', 'true', ''])]);
  for (let left = random.percent(40) ? 0 : 1 + random.below(3); left > 0; left--) {
    const name = random.pick(queryNames);
    pairs.push([name, random.pick(everyQuery[name] as readonly string[])]);
  }
  // Without it an apply is refused at once, so most get one.
  if (verb === 'patch' && random.percent(60)) pairs.push(['fieldManager', random.pick(['m', 'kubectl', 'other'])]);
  if (verb === 'patch' && random.percent(15)) pairs.push(['force', 'true']);
  if (pairs.length === 0) return '';
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');
  return `?${random.percent(96) ? text : `${text}&%ZZ&=&&a=%ff&${text}`}`;
}

const accepts = [
  'application/json',
  '*/*',
  'application/yaml',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/yaml;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v9;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf,application/json',
  'image/png',
  'application/json;q=0',
  ',;q=x,,/',
  'a/b;q=0.5,'.repeat(2000),
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  '__proto__/constructor;__proto__=1',
];

function headersOf(body: Body | undefined, random: Random): Record<string, string> {
  const headers: Record<string, string> = {};
  if (body?.type) headers['content-type'] = body.type;
  if (random.percent(50)) headers.accept = random.pick(accepts);
  if (random.percent(10))
    headers['user-agent'] = random.pick(['curl/8', '/', 'x'.repeat(5000), 'kubectl/v1.32', '"\\', 'Mozilla/5.0']);
  if (random.percent(5)) headers['if-none-match'] = random.pick(['*', '"x"', 'W/"']);
  if (random.percent(5)) headers['accept-encoding'] = random.pick(['gzip', 'br', 'gzip;q=0', '*', 'x'.repeat(3000)]);
  if (random.percent(3)) headers['x-large'] = 'x'.repeat(30_000);
  if (random.percent(2)) headers['impersonate-user'] = 'root';
  if (random.percent(2)) headers['audit-id'] = random.pick(['', 'a b', 'x'.repeat(2000)]);
  if (random.percent(2)) headers.connection = random.pick(['upgrade', 'close', 'x']);
  return headers;
}

function oddUrl(url: string, random: Random): string {
  const [path = '', query] = url.split('?', 2);
  const rest = query === undefined ? '' : `?${query}`;
  const segments = path.split('/');
  const at = 1 + random.below(Math.max(1, segments.length - 1));
  switch (random.below(9)) {
    case 0:
      segments[at] = random.pick([
        '..',
        '.',
        '',
        '%2e%2e',
        '%2f',
        '%',
        '%ZZ',
        '%00',
        '%ff',
        'namespaces',
        'watch',
        'proxy',
        '*',
      ]);
      break;
    case 1:
      segments[at] = encodeURIComponent(random.pick(oddTexts).toWellFormed()).slice(0, 2000);
      break;
    case 2:
      return `${path.replaceAll('/', '//')}${rest}`;
    case 3:
      return `${path}/${random.pick(['', 'status', 'scale', 'log', 'proxy/a/../b', 'x', '__proto__', 'constructor'])}${rest}`;
    case 4:
      return `${path}/${'a'.repeat(random.pick([300, 40_000]))}${rest}`;
    case 5:
      return `${path}${'/x'.repeat(random.pick([3, 3000]))}${rest}`;
    case 6:
      return path.replace(/^\/(api|apis)\//, random.pick(['/api/', '/apis/', '/api/v1/watch/', '/APIS/'])) + rest;
    case 7:
      return `${path}${rest}${rest ? '' : '?'}${'&x=y'.repeat(2000)}`;
    default:
      segments.splice(at, 1);
  }
  return `${segments.join('/') || '/'}${rest}`;
}

const oddMethods = ['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL', 'PURGE'];

export function requestOf(material: Material, at: { namespace: string; name: string }): FuzzRequest {
  const { route, random } = material;
  const body = bodyOf(material);
  const url = `${pathOf(route, at)}${route.kind || !route.root.includes('?') ? queryOf(route, random) : ''}`;
  return {
    route,
    method: random.percent(96) ? route.method : random.pick([...oddMethods, 'GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    url: random.percent(93) ? url : oddUrl(url, random),
    headers: headersOf(body, random),
    body: body?.bytes,
  };
}
