// Why nft refused. The fake and the real thing give the same reasons, and name the same element.

export type NftErrorReason = 'NotFound' | 'Exists' | 'Busy' | 'Invalid' | 'Forbidden' | 'Failed';

/** The element that could not be added or deleted, as the transaction had it. */
export interface RefusedElement {
  readonly set: string;
  readonly key: string;
  readonly value?: string | undefined;
}

export interface NftErrorOptions extends ErrorOptions {
  readonly element?: RefusedElement | undefined;
}

export class NftError extends Error {
  override name = 'NftError';
  readonly reason: NftErrorReason;
  /** Absent when something else than an element was refused. Of several the first. */
  readonly element: RefusedElement | undefined;
  constructor(reason: NftErrorReason, message: string, options: NftErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
    this.element = options.element;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof NftError && error.reason === 'NotFound';

/**
 * The only place that reads nft's complaints; it does not localise them. nft points at what it refused by line and column
 * of its input; of a command with thousands of elements only that one is told.
 * @param input what nft read, if it read anything.
 */
export function translate(tried: string, stderr: string, input = ''): NftError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const complaint = lines.find((line) => line.includes('Error:'));
  // What is not nft's own complaint is about starting it: a namespace that is gone must not pass for a table that is.
  if (complaint === undefined) {
    const reason = /Operation not permitted|Permission denied/.test(stderr) ? 'Forbidden' : 'Failed';
    return new NftError(reason, `${tried}: ${lines[0] ?? 'no reason given'}`);
  }
  const why = complaint.replace(/^.*?Error: /, '');
  const [, line, column] = /:(\d+):(\d+)-\d+: Error: /.exec(complaint) ?? [];
  const command = line === undefined ? undefined : input.split('\n')[Number(line) - 1];
  if (command === undefined) return new NftError(reasonOf(complaint), `${tried}: ${why}`);
  const element = elementAt(command, Number(column) - 1);
  const what = element ? `${element.command} { ${element.text} }` : command.slice(0, 300);
  return new NftError(reasonOf(complaint), `${tried}: ${why}: ${what}`, { element: element?.element });
}

/** The element of `add|delete element …` around a column of the line. */
function elementAt(line: string, column: number) {
  const [begin = '', command = '', set = ''] = /^((?:add|delete) element \S+ \S+ (\S+)) \{ /.exec(line) ?? [];
  if (begin === '' || column < begin.length) return undefined;
  for (const found of line.slice(begin.length).matchAll(/(?:"[^"]*"|[^",}])+/g)) {
    if (begin.length + found.index + found[0].length <= column) continue;
    const text = found[0].trim();
    const [, key = '', value] = /^(.*?)(?: timeout \S+)?(?: comment "[^"]*")?(?: : (.*))?$/.exec(text) ?? [];
    return { command, text, element: { set, key, value } };
  }
  return undefined;
}

function reasonOf(complaint: string): NftErrorReason {
  if (/Operation not permitted|Permission denied/.test(complaint)) return 'Forbidden';
  if (/No such file or directory|element does not exist/.test(complaint)) return 'NotFound';
  if (/File exists|interval overlaps|conflicting intervals/.test(complaint)) return 'Exists';
  if (/resource busy/.test(complaint)) return 'Busy';
  return /Error: (netlink: )?Could not process/.test(complaint) ? 'Failed' : 'Invalid';
}
