// `portolan down`: stops a cluster, or removes what a killed one left behind.

import { existsSync } from 'node:fs';
import { removeCluster } from '#cluster/leftovers.ts';
import { checkName, isAlive, readCard, runningCard, stateDirOf } from '#cluster/state.ts';
import { requestStop } from '#cluster/stop.ts';
import { command } from './command.ts';
import { nameOption } from './options.ts';

export const down = command({
  name: 'down',
  summary: 'stop a cluster and remove every trace of it',
  options: nameOption,
  async run({ name }) {
    const card = await readCard(checkName(name));
    if (card && (await isAlive(card.supervisor))) {
      await requestStop(card);
      process.stdout.write(`The cluster ${name} is down.\n`);
    } else if (existsSync(stateDirOf(name))) {
      await removeCluster(name, card);
      process.stdout.write(`Removed what a killed run of the cluster ${name} had left behind.\n`);
    } else {
      await runningCard(name);
    }
  },
});
