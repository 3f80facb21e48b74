// Paths that must not lead out of the folder they are meant for.

import { join, normalize } from 'node:path';
import { ConfigError } from './config-error.ts';

/** Paths come from people: none may lead out of the volume. */
export function inside(base: string, path: string): string {
  const joined = normalize(join(base, path));
  if (joined !== base && !joined.startsWith(`${base}/`))
    throw new ConfigError(`path "${path}" leads out of its volume`);
  return joined;
}
