// The configuration of a node's DNS (spec/dns.md §13): the cluster's names are kept for a while and asked of the cluster
// DNS by TCP, all others of the node's own resolvers. Files written for upstream's node cache work unchanged: their
// placeholders are filled in here.

export interface CorefileValues {
  /** Where this node's DNS answers. */
  readonly localAddresses: readonly string[];
  /** Where the cluster DNS can be asked: not one of the above. */
  readonly clusterDns: string;
  /** The cluster's domain. */
  readonly domain: string;
  /** The file with the resolvers for other names. */
  readonly resolvConf: string;
}

/** @param text with upstream's placeholders */
export function fillCorefile(text: string, { localAddresses, clusterDns, domain, resolvConf }: CorefileValues): string {
  const [local = '', server = ''] = localAddresses;
  const values: Record<string, string> = {
    __PILLAR__LOCAL__DNS__: local,
    __PILLAR__DNS__SERVER__: server,
    __PILLAR__DNS__DOMAIN__: domain,
    __PILLAR__CLUSTER__DNS__: clusterDns,
    __PILLAR__UPSTREAM__SERVERS__: resolvConf,
  };
  return text.replace(/__PILLAR__[A-Z_]+?__(?![A-Z])/g, (name) => values[name] ?? name);
}

const block = (zone: string, lines: readonly string[]): string =>
  [`${zone}:53 {`, ...['errors', ...lines].map((line) => `    ${line}`), '}', ''].join('\n');

/** What is served when nothing else is said, with the placeholders still in it. */
export const usualCorefile: string = (() => {
  const shared = ['reload', 'loop', 'bind __PILLAR__LOCAL__DNS__ __PILLAR__DNS__SERVER__', 'prometheus :9253'];
  const cluster = 'forward . __PILLAR__CLUSTER__DNS__ {\n        force_tcp\n    }';
  return [
    block('__PILLAR__DNS__DOMAIN__', [
      'cache {\n        success 9984 30\n        denial 9984 5\n    }',
      ...shared,
      cluster,
      'health __PILLAR__LOCAL__DNS__:8080',
    ]),
    block('in-addr.arpa', ['cache 30', ...shared, cluster]),
    block('ip6.arpa', ['cache 30', ...shared, cluster]),
    block('.', ['cache 30', ...shared, 'forward . __PILLAR__UPSTREAM__SERVERS__']),
  ].join('\n');
})();
