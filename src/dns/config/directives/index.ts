// All directives that a server block may have, in the order in which a query passes them: that of CoreDNS's plugin.cfg,
// whatever the order of the lines.

import type { Directives } from '../settings.ts';
import { acl } from './acl.ts';
import { autopath } from './autopath.ts';
import { bind } from './bind.ts';
import { bufsize } from './bufsize.ts';
import { cache } from './cache.ts';
import { cancel } from './cancel.ts';
import { chaos } from './chaos.ts';
import { errors } from './errors.ts';
import { forward } from './forward.ts';
import { health } from './health.ts';
import { hosts } from './hosts.ts';
import { k8sExternal } from './k8s-external.ts';
import { kubernetes } from './kubernetes.ts';
import { loadbalance } from './loadbalance.ts';
import { log } from './log.ts';
import { loop } from './loop.ts';
import { multisocket } from './multisocket.ts';
import { nsid } from './nsid.ts';
import { prometheus } from './prometheus.ts';
import { present, type Reader } from './reader.ts';
import { ready } from './ready.ts';
import { reload } from './reload.ts';
import { rewrite } from './rewrite.ts';
import { root } from './root.ts';
import { template } from './template.ts';
import { tls } from './tls.ts';
import { transfer } from './transfer.ts';

export type { Block, Reader } from './reader.ts';

/** Two say something of the block itself, not of a handler. */
export interface BlockDirectives extends Directives {
  readonly root?: string | undefined;
  readonly bind?: readonly string[] | undefined;
}

export type DirectiveName = keyof BlockDirectives;

export const directives: { readonly [Name in DirectiveName]-?: Reader<NonNullable<BlockDirectives[Name]>> } = {
  root,
  cancel,
  multisocket,
  reload,
  nsid,
  bufsize,
  bind,
  debug: present,
  ready,
  health,
  prometheus,
  errors,
  log,
  local: present,
  any: present,
  chaos,
  loadbalance,
  rewrite,
  autopath,
  acl,
  cache,
  tls,
  minimal: present,
  template,
  transfer,
  hosts,
  k8s_external: k8sExternal,
  kubernetes,
  loop,
  forward,
};

/** CoreDNS's own that mean nothing here. */
export const foreign: ReadonlySet<string> = new Set(
  `auto azure clouddns dns64 dnssec dnstap erratic etcd file geoip grpc grpc_server header https https3 metadata
  nomad on pprof proxyproto quic route53 secondary shed sign timeouts trace tsig view whoami`.split(/\s+/),
);
