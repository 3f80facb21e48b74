// /healthz, /livez, /readyz and /version (api.md §2): each check by itself, or all of them in a list that says which failed
// but not why, since everybody may read it. What is checked is in health-checks.ts.

import { gitVersion, kubernetesVersion } from '#api/index.ts';
import { goArchitecture } from '#lib/go-architecture.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Logger } from '#lib/log.ts';
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
  /** Only where they are listed; in all three when absent. */
  readonly only?: readonly Endpoint[];
  /** Why it fails; undefined when all is well. */
  readonly failure: () => string | undefined | Promise<string | undefined>;
}
type Endpoint = 'healthz' | 'livez' | 'readyz';

export class Health {
  readonly #checks: readonly Check[];
  readonly #log: Logger;

  constructor(checks: readonly Check[], log: Logger) {
    this.#checks = checks;
    this.#log = log;
  }

  /** Undefined for paths that are no health check. */
  serve(path: string, query: URLSearchParams): Promise<HttpResponse> | undefined {
    const match = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path);
    if (!match) return undefined;
    const [, endpoint, name] = match as unknown as [string, Endpoint, string | undefined];
    const checks = this.#checks.filter(({ only }) => !only || only.includes(endpoint));
    if (name === undefined) return this.#all(endpoint, checks, query);
    const check = checks.find((one) => one.name === name);
    return check && this.#one(check);
  }

  /** The reason is told here, as it is upstream, but not in the list. */
  async #one(check: Check): Promise<HttpResponse> {
    const failure = await failureOf(check);
    return failure === undefined ? textResponse(200, 'ok') : textResponse(500, `internal server error: ${failure}\n`);
  }

  async #all(endpoint: Endpoint, checks: readonly Check[], query: URLSearchParams): Promise<HttpResponse> {
    const excluded = new Set(query.getAll('exclude'));
    const asked = checks.map(async (check) => ({
      check,
      failure: excluded.has(check.name) ? undefined : await failureOf(check),
    }));
    const results = await Promise.all(asked);
    const failed = results.filter(({ failure }) => failure !== undefined);
    const lines = results.map(({ check: { name }, failure }) => {
      if (excluded.has(name)) return `[+]${name} excluded: ok`;
      return failure === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
    });
    const unknown = [...excluded].filter((name) => !checks.some((check) => check.name === name)).sort();
    if (unknown.length > 0) {
      const names = unknown.map((name) => JSON.stringify(name)).join(',');
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
    }
    if (failed.length > 0) {
      const reasons = Object.fromEntries(failed.map(({ check, failure }) => [check.name, failure]));
      this.#log.info('Health check failed', { endpoint, ...reasons });
      return textResponse(500, `${[...lines, `${endpoint} check failed`].join('\n')}\n`);
    }
    if (!query.has('verbose')) return textResponse(200, 'ok');
    return textResponse(200, `${[...lines, `${endpoint} check passed`].join('\n')}\n`);
  }
}

async function failureOf({ failure }: Check): Promise<string | undefined> {
  try {
    return await failure();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
