// `portolan kubeconfig`: what to give kubectl.

import { readFile } from 'node:fs/promises';
import { kubeconfigPath } from '#cluster/endpoints.ts';
import { runningCard } from '#cluster/state.ts';
import { UserError } from '#lib/user-error.ts';
import { command } from './command.ts';
import { nameOption } from './options.ts';

export const kubeconfig = command({
  name: 'kubeconfig',
  summary: "print a cluster's kubeconfig, or where it is",
  details: 'For this shell: export KUBECONFIG=$(portolan kubeconfig --path)',
  options: { ...nameOption, path: { type: 'boolean', help: "print the file's path instead of its text" } },
  async run({ name, path }) {
    await runningCard(name);
    const file = kubeconfigPath(name);
    const text = await readFile(file, 'utf8').catch((cause) => {
      throw new UserError(
        `Cannot read ${file}: ${cause.code === 'ENOENT' ? 'the cluster is still starting' : cause.message}.`,
        { cause },
      );
    });
    process.stdout.write(path ? `${file}\n` : text);
  },
});
