// The tables of this folder, in the order of the specification.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Document, parseDocument } from './document.testing.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

export const documents: readonly Document[] = globSync(`${folder}/[0-9]*.md`)
  .sort()
  .map((file) => parseDocument(readFileSync(file, 'utf8')));
