// Which OCI runtime this machine has. conmon wants its path, not its name.

import { tryRun } from '#lib/run.ts';

/** @param wanted a name or path; empty: runc, or crun where there is no runc. Throws when there is none. */
export async function findOciRuntime(wanted = ''): Promise<string> {
  const names = wanted ? [wanted] : ['runc', 'crun'];
  for (const name of names) {
    const { code, stdout } = await tryRun('sh', ['-c', 'command -v -- "$1"', 'sh', name]);
    if (code === 0) return stdout.trim();
  }
  throw new Error(`no container runtime: ${names.join(' or ')} is not installed`);
}
