// What a DNS server does, after all that was said about it has been read and checked: flags and a Corefile both lead to
// these types, and the rest of src/dns is built from them and knows neither. Plain data: nothing here opens a file or a
// socket. Names of properties are those of CoreDNS's directives; times end in Ms, times to live (`ttl`) are in seconds.

import type { Cidr } from '#lib/cidr.ts';
import type { Position } from '../corefile/index.ts';
import type { Name } from '../wire/index.ts';

export interface DnsSettings {
  /** At least one. A zone is served once on an address and port. */
  readonly servers: readonly ServerSettings[];
}

/** One server block: zones that share one chain of handlers. */
export interface ServerSettings {
  /** Where the block begins, for messages. */
  readonly position: Position;
  /** At least one: which zones, and at which addresses each of them. */
  readonly keys: readonly ServerKey[];
  /** What the block says, by directive; in this order a query passes the handlers (`directives/index.ts`). */
  readonly directives: Directives;
}

export type Transport = 'dns' | 'tls' | 'https';

export interface HostPort {
  /** An IP address; empty: all of the machine, both families. */
  readonly host: string;
  readonly port: number;
}

export interface ServerKey extends HostPort {
  readonly transport: Transport;
  /** In lower case, as all names here. */
  readonly zone: Name;
}

/** Those that are absent were not asked for. */
export interface Directives {
  readonly cancel?: { readonly timeoutMs: number } | undefined;
  readonly tls?: ServerTls | undefined;
  readonly multisocket?: { readonly sockets: number } | undefined;
  readonly reload?: ReloadSettings | undefined;
  readonly nsid?: { readonly data: string } | undefined;
  /** The largest UDP response, whatever the client advertises: octets. */
  readonly bufsize?: number | undefined;
  readonly debug?: true | undefined;
  readonly ready?: ReadySettings | undefined;
  readonly health?: HealthSettings | undefined;
  readonly prometheus?: HostPort | undefined;
  readonly errors?: ErrorsSettings | undefined;
  /** The first that is about the name's zone writes the line, if the response is of its classes. */
  readonly log?: readonly LogRule[] | undefined;
  readonly local?: true | undefined;
  readonly any?: true | undefined;
  readonly chaos?: ChaosSettings | undefined;
  readonly loadbalance?: LoadBalanceSettings | undefined;
  readonly rewrite?: readonly RewriteRule[] | undefined;
  readonly autopath?: AutopathSettings | undefined;
  readonly acl?: readonly AclRules[] | undefined;
  readonly cache?: CacheSettings | undefined;
  readonly minimal?: true | undefined;
  readonly template?: readonly TemplateSettings[] | undefined;
  readonly transfer?: readonly TransferSettings[] | undefined;
  readonly hosts?: HostsSettings | undefined;
  readonly k8s_external?: ExternalSettings | undefined;
  readonly kubernetes?: KubernetesSettings | undefined;
  readonly loop?: { readonly zone: Name } | undefined;
  /** In the file's order: the first whose zone contains the name, and that does not except it, is asked. */
  readonly forward?: readonly ForwardSettings[] | undefined;
}

/** Zones in which a name that a handler does not have goes to the next one. Empty: nowhere; the root: everywhere. */
export type Fallthrough = readonly Name[];

/** Files in PEM. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Who may have signed the clients' certificates. */
  readonly ca?: string | undefined;
  readonly clientAuth: 'nocert' | 'request' | 'require' | 'verify_if_given' | 'require_and_verify';
}

/** Files in PEM; without `ca` those that the system trusts. */
export interface ClientTls {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

export interface ReloadSettings {
  readonly intervalMs: number;
  /** The interval is longer or shorter by up to half of this. */
  readonly jitterMs: number;
}

export interface ReadySettings extends HostPort {
  /** Who was ready once is asked no more, unless `continuously`. */
  readonly monitor: 'until-ready' | 'continuously';
}

export interface HealthSettings extends HostPort {
  /** How long queries are still answered after SIGTERM. */
  readonly lameduckMs: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ErrorsSettings {
  /** The first that fits counts the error instead of it being logged. */
  readonly consolidate: readonly {
    readonly periodMs: number;
    readonly pattern: RegExp;
    readonly level: LogLevel;
    /** Log the first of a period at once. */
    readonly showFirst: boolean;
  }[];
}

/** `success` is NOERROR with data, `denial` NXDOMAIN and NODATA, `error` the rest. */
export type ResponseClass = 'all' | 'success' | 'denial' | 'error';

export interface LogRule {
  readonly zone: Name;
  /** With the replacements of CoreDNS's log plugin: `{remote}`, `{>id}`, … ; `{common}` and `{combined}` are expanded. */
  readonly format: string;
  readonly classes: ReadonlySet<ResponseClass>;
}

/** What `version.bind` and `authors.bind` say, and their likes (class CH, type TXT). */
export interface ChaosSettings {
  /** Our own when undefined. */
  readonly version?: string | undefined;
  readonly authors: readonly string[];
}

export interface LoadBalanceSettings {
  readonly policy: 'round_robin';
  /** Addresses in these come first; the order is that of preference. */
  readonly prefer: readonly Cidr[];
}

export type NameMatch =
  | { readonly type: 'exact' | 'prefix' | 'suffix' | 'substring'; readonly from: string; readonly to: string }
  /** `{1}` in `to` is the first group. */
  | { readonly type: 'regex'; readonly from: RegExp; readonly to: string };

/** Texts are presentation form in lower case, with the final dot where the match is exact. */
export interface RewriteRule {
  readonly field: 'name';
  readonly match: NameMatch;
  /** How names of the response are turned back; in this order. */
  readonly answers: readonly (
    | { readonly type: 'auto' }
    | { readonly type: 'name' | 'value'; readonly from: RegExp; readonly to: string }
  )[];
  /** Whether later rules are tried after this one fitted. */
  readonly next: 'stop' | 'continue';
}

export interface AutopathSettings {
  readonly zones: readonly Name[];
  /** The handler that knows the client's search list, or the file that has it. */
  readonly search: { readonly from: 'kubernetes' } | { readonly from: 'file'; readonly file: string };
}

/** The first policy that fits the client and the type decides. */
export interface AclRules {
  readonly zones: readonly Name[];
  readonly policies: readonly {
    /** REFUSED, an empty NOERROR, or silence. */
    readonly action: 'allow' | 'block' | 'filter' | 'drop';
    /** Types by number; undefined: all. */
    readonly types?: ReadonlySet<number> | undefined;
    /** Undefined: everybody. */
    readonly sources?: readonly Cidr[] | undefined;
  }[];
}

/** For one kind of answer. TTLs in seconds. */
export interface CacheShare {
  /** Entries. */
  readonly capacity: number;
  readonly maxTtl: number;
  readonly minTtl: number;
  /** Zones whose answers of this kind are not kept. */
  readonly disabled: readonly Name[];
}

export interface CacheSettings {
  readonly zones: readonly Name[];
  readonly success: CacheShare;
  readonly denial: CacheShare;
  /** How long SERVFAIL is kept; 0: not at all. */
  readonly servfailMs: number;
  /** Entries asked `amount` times without a gap of `durationMs` are renewed in the last `percentage` of their life. */
  readonly prefetch?: { readonly amount: number; readonly durationMs: number; readonly percentage: number } | undefined;
  readonly serveStale?: ServeStale | undefined;
  /** Hits show the TTL that the entry came with instead of what is left of it. */
  readonly keepTtl: boolean;
}

export interface ServeStale {
  /** For how long after an entry's end it may be served. */
  readonly durationMs: number;
  /** Serve at once and renew behind, or ask first and serve only when that fails. */
  readonly refresh: 'immediate' | 'verify';
  /** How long `verify` waits for the upstream; 0: as long as the upstream may take. */
  readonly verifyTimeoutMs: number;
  /** Shown with stale records. */
  readonly ttl: number;
  /** How long after a failure the upstream is not asked again for the entry. */
  readonly recheckMs: number;
  /** A stale positive answer rather than a fresh denial's stale one. */
  readonly preferPositive: boolean;
}

/** The first that fits makes the response. */
export interface TemplateSettings {
  readonly zones: readonly Name[];
  /** By number; undefined: any. */
  readonly class?: number | undefined;
  readonly type?: number | undefined;
  /** One of them must fit the question's name, written with its final dot; none: every name does. */
  readonly match: readonly RegExp[];
  /** Records in presentation form, with actions of Go's text/template in them. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  readonly rcode: number;
  /** When no `match` fits. */
  readonly fallthrough: Fallthrough;
}

export interface TransferSettings {
  readonly zones: readonly Name[];
  /** Addresses of secondaries, or everybody. */
  readonly to: '*' | readonly HostPort[];
}

export interface HostsSettings {
  readonly zones: readonly Name[];
  /** In the format of hosts(5); it may be absent. */
  readonly file: string;
  /** Lines as in the file, which are added to it. */
  readonly inline: readonly string[];
  readonly ttl: number;
  /** PTR records are made of the addresses. */
  readonly reverse: boolean;
  /** How often the file is looked at; 0: never again. */
  readonly reloadMs: number;
  readonly fallthrough: Fallthrough;
}

export interface ExternalSettings {
  readonly zones: readonly Name[];
  readonly ttl: number;
  /** The label below the zone under which the name server's own names are. */
  readonly apex: string;
  readonly headless: boolean;
  readonly fallthrough: Fallthrough;
}

/** How to reach the API server. */
export type ApiAccess =
  | { readonly by: 'service-account' }
  | { readonly by: 'kubeconfig'; readonly file: string; readonly context?: string | undefined }
  | { readonly by: 'endpoint'; readonly url: string; readonly tls?: Required<ClientTls> | undefined };

export interface KubernetesSettings {
  /** Forward and reverse; at least one forward zone. */
  readonly zones: readonly Name[];
  readonly api: ApiAccess;
  /** Requests to the API server: a second, at once after a pause, and under way; undefined: the client's own limits. */
  readonly apiserverQps?: number | undefined;
  readonly apiserverBurst?: number | undefined;
  readonly apiserverMaxInflight?: number | undefined;
  /** The only namespaces that are exposed; empty: all. Never together with `namespaceLabels`. */
  readonly namespaces: readonly string[];
  /** Label selectors: of namespaces, and of Services and EndpointSlices. */
  readonly namespaceLabels?: string | undefined;
  readonly labels?: string | undefined;
  readonly pods: 'disabled' | 'insecure' | 'verified';
  /** Endpoints without a host name are called as their pod. */
  readonly endpointPodNames: boolean;
  readonly ttl: number;
  /** False: EndpointSlices are not watched; headless Services and endpoint names do not exist. */
  readonly endpoints: boolean;
  /** `ignore empty_service`: ClusterIP Services without a ready endpoint do not exist. */
  readonly ignoreEmptyService: boolean;
  readonly fallthrough: Fallthrough;
  /** Those of `zones` that hold imported Services (MCS API). */
  readonly multicluster: readonly Name[];
  /** `ZONE.pin._zone.…` names of headless Services. */
  readonly zonal: boolean;
  /** How long the start waits for the first complete list. */
  readonly startupTimeoutMs: number;
}

export type Upstream =
  | {
      readonly transport: Transport;
      readonly host: string;
      readonly port: number;
      /** The name in the certificate (`tls://9.9.9.9%dns.quad9.net`); without it `tlsServerName` counts. */
      readonly serverName?: string | undefined;
    }
  /** A file like resolv.conf(5): its name servers, by DNS on port 53. */
  | { readonly file: string };

export type ForwardPolicy = 'random' | 'round_robin' | 'sequential';

export interface ForwardSettings {
  readonly zone: Name;
  /** 1 to 15 entries. */
  readonly to: readonly Upstream[];
  /** Names in these zones are not forwarded. */
  readonly except: readonly Name[];
  readonly policy: ForwardPolicy;
  /** Takes precedence over `preferUdp`. */
  readonly forceTcp: boolean;
  readonly preferUdp: boolean;
  readonly tls: ClientTls;
  readonly tlsServerName?: string | undefined;
  /** Probes of an upstream that failed. */
  readonly healthCheck: { readonly intervalMs: number; readonly recursionDesired: boolean; readonly domain: Name };
  /** An upstream is down after more than this many failed probes; 0: never, and it is not probed. */
  readonly maxFails: number;
  /** Idle connections are closed after this. */
  readonly expireMs: number;
  /** Above this many queries under way the answer is REFUSED; 0: no limit. */
  readonly maxConcurrent: number;
  /** Response codes after which the next handler is asked. */
  readonly next: readonly number[];
  /** Response codes after which the next upstream is asked. */
  readonly failover: readonly number[];
  /** SERVFAIL when all upstreams are down, instead of trying one. */
  readonly failfastAllUnhealthyUpstreams: boolean;
  /** Tries for one query; undefined: twice the number of upstreams. */
  readonly maxConnectAttempts?: number | undefined;
}
