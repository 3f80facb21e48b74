// A pod's names: its host name, its domain, and the /etc/hosts that says so (dns.md §14.2). Pure.

import type { Pod } from '#api/index.ts';

export type HostAliases = NonNullable<Pod['spec']['hostAliases']>;

const maxHostname = 63;
const maxKernelHostname = 64;

const header = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

export interface PodNames {
  readonly hostname: string;
  /** Empty unless the pod has a subdomain. */
  readonly domain: string;
  /** What the kernel is told. */
  readonly kernelHostname: string;
}

/** Throws when the full name does not fit into the kernel. */
export function podNames({ metadata, spec }: Pod, clusterDomain: string): PodNames {
  const hostname = (spec.hostname || metadata.name || '').slice(0, maxHostname).replace(/[-.]+$/, '');
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '';
  if (!spec.setHostnameAsFQDN || !domain) return { hostname, domain, kernelHostname: hostname };
  const kernelHostname = `${hostname}.${domain}`;
  if (kernelHostname.length > maxKernelHostname) {
    throw new Error(
      `cannot set the host name to the FQDN "${kernelHostname}": it is longer than ${maxKernelHostname} characters`,
    );
  }
  return { hostname, domain, kernelHostname };
}

function aliasText(aliases: HostAliases = []): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

export function hostsFile(
  { hostname, domain }: Pick<PodNames, 'hostname' | 'domain'>,
  podIPs: readonly string[],
  aliases?: HostAliases,
): string {
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname;
  return `${header}${podIPs.map((ip) => `${ip}\t${names}\n`).join('')}${aliasText(aliases)}`;
}

/**
 * The node may be a network namespace of a machine with another name: its own name is added.
 * @param nodeFile the machine's own /etc/hosts
 */
export function hostNetworkHostsFile(
  nodeFile: string,
  node: { readonly addresses: readonly string[]; readonly name: string },
  aliases?: HostAliases,
): string {
  const lines = nodeFile === '' || nodeFile.endsWith('\n') ? nodeFile : `${nodeFile}\n`;
  const own = node.addresses.map((address) => `${address}\t${node.name}\n`).join('');
  return `# Kubernetes-managed hosts file (host network).\n${lines}${own}${aliasText(aliases)}`;
}
