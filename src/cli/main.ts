// The command line's entry: finds the command, loads only what that command needs, and turns errors into one line.

import { UserError } from '#lib/user-error.ts';
import type { Command } from './command.ts';

const commands: Record<string, { summary: string; load: () => Promise<Command> }> = {
  up: { summary: 'start a cluster', load: async () => (await import('./up.ts')).up as Command },
  down: {
    summary: 'stop a cluster; --delete-data forgets what it stored',
    load: async () => (await import('./down.ts')).down as Command,
  },
  status: {
    summary: 'show the clusters of this machine',
    load: async () => (await import('./status.ts')).status as Command,
  },
  kubeconfig: {
    summary: "print a cluster's kubeconfig",
    load: async () => (await import('./kubeconfig.ts')).kubeconfig as Command,
  },
  controllers: {
    summary: 'run controllers by themselves, against any Kubernetes cluster',
    load: async () => (await import('./controllers.ts')).controllers as Command,
  },
  proxy: {
    summary: 'run the service proxy of this machine by itself, in any Kubernetes cluster',
    load: async () => (await import('./proxy.ts')).proxy as Command,
  },
  dns: {
    summary: "run the cluster's DNS server by itself, in any Kubernetes cluster",
    load: async () => (await import('./dns.ts')).dns as Command,
  },
  announcer: {
    summary: "bring packets for load balancers' addresses to this machine, in any Kubernetes cluster",
    load: async () => (await import('./announcer.ts')).announcer as Command,
  },
  'node-dns': {
    summary: 'run a DNS cache at an address of this node, in place of NodeLocal DNSCache',
    load: async () => (await import('./node-dns.ts')).nodeDns as Command,
  },
  echo: {
    summary: 'serve HTTP, TCP or UDP and tell what was received',
    load: async () => (await import('./echo-command.ts')).echo as Command,
  },
};

function usage(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`);
  return [
    'portolan: Kubernetes Services and service discovery on one Linux machine',
    '',
    'Usage: portolan COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...lines,
    '',
    '`portolan COMMAND --help` tells more.',
    '',
  ].join('\n');
}

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    process.exitCode = name === undefined ? 2 : 0;
    return;
  }
  if (name === '--version' || name === 'version') {
    const { version } = await import('#lib/version.ts');
    process.stdout.write(`portolan ${version}\n`);
    return;
  }
  const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!known)
    throw new UserError(
      `portolan: unknown command ${JSON.stringify(name)}. Commands: ${Object.keys(commands).join(', ')}.`,
    );
  const [{ runCommand }, spec] = await Promise.all([import('./command.ts'), known.load()]);
  await runCommand(spec, args);
}

// A reader that goes away (`portolan kubeconfig | head`, the shell behind `up --detach`) is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const debug = process.env.PORTOLAN_LOG === 'debug';
  const text = debug ? (error as Error).stack : (error as Error).message;
  process.stderr.write(error instanceof UserError ? `${text}\n` : `portolan: unexpected fault: ${text}\n`);
  // What still listens or waits would keep a part that has failed from being started again.
  process.exit(1);
}
