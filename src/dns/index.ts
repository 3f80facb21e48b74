// The door of the cluster DNS server.

export type { DnsFlags } from './config/from-flags.ts';
export { corefileSource, flagsSource, type SettingsSource } from './config/source.ts';
export { type DnsOptions, runDns } from './main.ts';
export { DnsServer, type DnsServerParts } from './server.ts';
