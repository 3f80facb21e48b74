// /healthz, /livez, /readyz and /version (api.md §2).

import { gitVersion, kubernetesVersion } from '#api/index.ts';
import { goArchitecture } from '#lib/go-architecture.ts';
import type { HttpResponse } from '#lib/http.ts';
import { type Format, respond, textResponse } from './respond.ts';

const version = {
  ...kubernetesVersion,
  gitVersion,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'node',
  platform: `linux/${goArchitecture}`,
};

export const serveVersion = (format: Format): HttpResponse => respond(200, version, format);

export interface Check {
  readonly name: string;
  /** Why it fails; undefined when all is well. */
  readonly failure: () => string | undefined;
}

/** Undefined for paths that are no health check. */
export function serveHealth(path: string, query: URLSearchParams, checks: readonly Check[]): HttpResponse | undefined {
  const match = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path);
  if (!match) return undefined;
  const [, endpoint = '', only] = match;
  const excluded = new Set(query.getAll('exclude'));
  const asked = checks.filter(({ name }) => (only ? name === only : !excluded.has(name)));
  if (only && asked.length === 0) return undefined;
  const failed = asked.filter(({ failure }) => failure() !== undefined);
  if (failed.length === 0 && !query.has('verbose')) return textResponse(200, 'ok');
  const lines = asked.map((check) =>
    failed.includes(check) ? `[-]${check.name} failed: reason withheld` : `[+]${check.name} ok`,
  );
  const verdict = `${endpoint} check ${failed.length === 0 ? 'passed' : 'failed'}`;
  return textResponse(failed.length === 0 ? 200 : 500, `${[...lines, verdict].join('\n')}\n`);
}
