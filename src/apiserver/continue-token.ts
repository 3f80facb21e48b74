// Where the next page of a list begins (api.md §7): the snapshot's revision and the key, opaque to clients.

import { badRequest } from '#api/index.ts';

export interface ContinueToken {
  /** -1: no snapshot any more, go on with what is there now. */
  readonly revision: number;
  /** The key of the first entry, relative to the list's prefix. */
  readonly start: string;
}

const version = 'meta.k8s.io/v1';

export const encodeContinue = ({ revision, start }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: version, rv: revision, start })).toString('base64url');

export function decodeContinue(text: string): ContinueToken {
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    const { v, rv, start } = token;
    if (v === version && Number.isSafeInteger(rv) && typeof start === 'string' && start !== '') {
      return { revision: rv as number, start };
    }
  } catch {
    // Told below, like every other token that is not one of ours.
  }
  throw badRequest('the continue parameter is not one that this server gave out');
}
