// The door of the cluster DNS server.

export { type DnsOptions, runDns } from './main.ts';
export { DnsServer, type DnsServerParts } from './server.ts';
