// root FOLDER: where relative paths of files in the block begin.

import { once } from './reader.ts';

export const root = once((line) => {
  line.noProperties();
  return line.oneArgument('a folder');
});
