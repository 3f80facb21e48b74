// Options that several commands share.

import { defaultName } from '#cluster/state.ts';

export const nameOption = {
  name: { type: 'string', value: 'NAME', default: defaultName, help: 'the cluster' },
} as const;
