// Responders for tests: the cluster's handler in front of others.

import { createLogger, type Logger } from '#lib/log.ts';
import { Chain } from '../chain.ts';
import type { Handler } from '../handler.ts';
import { AuthorityHandler } from '../handlers/authority.ts';
import { ForwardHandler } from '../handlers/forward.ts';
import { Lookup } from '../lookup.ts';
import type { Zones } from '../records/index.ts';
import { Responder } from '../responder.ts';
import { Routes } from '../routes.ts';
import type { Resolver } from '../upstream/resolver.ts';
import type { Name } from '../wire/index.ts';

const quiet = createLogger('dns-test', 'error');

export interface TestParts {
  readonly isSynced?: () => boolean;
  readonly resolver?: Resolver | undefined;
  /** Asked before the cluster's. */
  readonly handlers?: (lookup: Lookup) => readonly Handler[];
  /** Zones of theirs. */
  readonly served?: readonly Name[];
  readonly log?: Logger;
}

/** Names outside of the zones are refused unless there is a resolver. */
export function clusterResponder(zones: Zones, parts: TestParts = {}): Responder {
  const { isSynced = () => true, resolver, handlers = () => [], served = [], log = quiet } = parts;
  const lookup = new Lookup(() => routes);
  const cluster = new AuthorityHandler({ name: 'kubernetes', zones, lookup, isSynced, isTurned: true });
  const all = [...handlers(lookup), cluster, ...(resolver ? [new ForwardHandler(resolver)] : [])];
  const routes: Routes = new Routes(
    (resolver ? [''] : [...zones.names, ...served]).map((zone) => new Chain(zone, all)),
  );
  return new Responder({ routes, log });
}
