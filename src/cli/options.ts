// Options that several commands share, and words that several commands say.

import { dataDirOf, dataSize } from '#cluster/data-folder.ts';
import { defaultName } from '#cluster/state.ts';

export const nameOption = {
  name: { type: 'string', value: 'NAME', default: defaultName, help: 'the cluster' },
} as const;

/** A command line for a cluster, as short as it can be typed. */
export const commandFor = (name: string, words: string): string =>
  `portolan ${words}${name === defaultName ? '' : ` --name ${name}`}`;

export const howToContinue = (name: string): string[] => [
  `The objects of the cluster ${name} stay in ${dataDirOf(name)}:`,
  `  ${commandFor(name, 'up')}  continues with them, also after a reboot`,
  `  ${commandFor(name, 'down --delete-data')}  forgets them`,
];

/** For example `1.2 MB in /var/lib/portolan/NAME`. */
export const describeData = async (name: string): Promise<string> =>
  `${((await dataSize(name)) / 1e6).toFixed(1)} MB in ${dataDirOf(name)}`;
