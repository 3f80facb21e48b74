// `portolan down`: stops a cluster, or removes what a killed one left behind; its stored objects go only when that is asked for.

import { hasData, removeData } from '#cluster/data-folder.ts';
import { removeCluster } from '#cluster/leftovers.ts';
import { checkName, hasState, isAlive, readCard, runningCard, withNameLocked } from '#cluster/state.ts';
import { requestStop } from '#cluster/stop.ts';
import { command } from './command.ts';
import { describeData, howToContinue, nameOption } from './options.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What was done to a cluster that ran, or had run; undefined when there is none. */
async function stop(name: string): Promise<string | undefined> {
  const card = await readCard(name);
  if (card && (await isAlive(card.supervisor))) {
    await requestStop(card);
    return `The cluster ${name} is down.`;
  }
  if (!hasState(name)) return undefined;
  const isRemoved = await withNameLocked(name, async () => {
    // Who was making the name its own just now has a card by now.
    const started = await readCard(name);
    if (started && (await isAlive(started.supervisor))) return false;
    await removeCluster(name);
    return true;
  });
  return isRemoved ? `Removed what a killed run of the cluster ${name} had left behind.` : stop(name);
}

export const down = command({
  name: 'down',
  summary: 'stop a cluster; what it stored stays for the next `up`',
  options: {
    ...nameOption,
    'delete-data': { type: 'boolean', help: 'forget what it stored too, also when it does not run' },
  },
  async run({ name, 'delete-data': deleteData }) {
    const done = await stop(checkName(name));
    const stored = await hasData(name);
    // Says that there is no such cluster, and which there are.
    if (!done && !stored) await runningCard(name);
    if (done) say(done);
    if (!stored) return;
    if (deleteData) {
      const what = await describeData(name);
      await withNameLocked(name, () => removeData(name));
      say(`Deleted the data of the cluster ${name} (${what}).`);
    } else {
      if (!done) say(`The cluster ${name} does not run.`);
      for (const line of howToContinue(name)) say(line);
    }
  },
});
