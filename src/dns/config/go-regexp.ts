// Regular expressions as Go writes them (RE2), compiled for JavaScript. Nearly the same language: what is not, and cannot
// be turned into it here, is refused rather than read as something else.

const maxLength = 10_000;

/** Throws an Error. */
export function compileGoRegExp(pattern: string): RegExp {
  if (pattern.length > maxLength) throw new Error(`it is longer than ${maxLength} characters`);
  const [, flags = '', body = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern) ?? [];
  if (/\[\[:/.test(body)) throw new Error('classes such as [:alpha:] are not supported');
  const translated = body.replace(/\\([pP][A-Z]|.)|\(\?P</gs, (sequence, escaped?: string) => {
    if (escaped === undefined) return '(?<';
    if (escaped.length === 2) return `\\${escaped[0]}{${escaped[1]}}`;
    if (escaped === 'A') return '^';
    if (escaped === 'z') return '$';
    // Go lets any punctuation be escaped, JavaScript with the flag `u` only its own.
    if (/[!"#%&',:;<=>@_`~ -]/.test(escaped)) return `\\x${escaped.charCodeAt(0).toString(16)}`;
    return sequence;
  });
  return new RegExp(translated, `u${[...new Set(flags)].join('')}`);
}

/** How many groups it has. */
export const groupsOf = ({ source, flags }: RegExp): number =>
  (new RegExp(`${source}|`, flags).exec('')?.length ?? 1) - 1;
