// Why nft refused. The fake and the real thing give the same reasons.

export type NftErrorReason = 'NotFound' | 'Exists' | 'Busy' | 'Invalid' | 'Forbidden' | 'Failed';

export class NftError extends Error {
  override name = 'NftError';
  readonly reason: NftErrorReason;
  constructor(reason: NftErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof NftError && error.reason === 'NotFound';

/**
 * The only place that reads nft's complaints; it does not localise them. Of the input that nft quotes, which may be
 * megabytes long, only the beginning is kept.
 */
export function translate(tried: string, stderr: string): NftError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const why = lines.find((line) => line.includes('Error:'))?.replace(/^.*Error: /, '') ?? lines[0] ?? 'no reason given';
  const where = lines.find((line) => /^(add|delete|flush|list) /.test(line));
  const message = `${tried}: ${why}${where === undefined ? '' : `: ${where.slice(0, 300)}`}`;
  return new NftError(reasonOf(stderr), message);
}

function reasonOf(stderr: string): NftErrorReason {
  if (/Operation not permitted|Permission denied/.test(stderr)) return 'Forbidden';
  if (/No such file or directory/.test(stderr)) return 'NotFound';
  if (/File exists/.test(stderr)) return 'Exists';
  if (/resource busy/.test(stderr)) return 'Busy';
  if (/syntax error|Error: (?!Could not process)/.test(stderr)) return 'Invalid';
  return 'Failed';
}
