// Resource quantities: "100m", "1.5Gi", "1e3". Parsed exactly, in nano-units, and written the one way upstream writes
// them, so that "0.5" and "500m" are the same bytes in storage.

const syntax = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
/** Longer than any real quantity; keeps BigInt cheap whatever arrives. */
const maxLength = 80;
const maxExponent = 30;

const formatError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixError = "unable to parse quantity's suffix";

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const nano = 10n ** 9n;

export interface Quantity {
  /** Rounded away from zero where a nano-unit is too coarse. */
  readonly nanos: bigint;
  readonly format: 'decimal' | 'binary' | 'exponent';
}

/** Throws a plain Error with upstream's text. */
export function parseQuantity(text: string): Quantity {
  const match = text.length <= maxLength ? syntax.exec(text) : null;
  const [, sign, whole = '', fraction = '', suffix = ''] = match ?? [];
  if (!match || whole + fraction === '') throw new Error(formatError);
  const { base, power, format } = scaleOf(suffix);
  // digits * base^power / 10^fraction.length, in nano-units
  const numerator = BigInt(whole + fraction) * nano * (power > 0 ? base ** BigInt(power) : 1n);
  const denominator = 10n ** BigInt(fraction.length) * (power < 0 ? base ** BigInt(-power) : 1n);
  const nanos = (numerator + denominator - 1n) / denominator;
  return { nanos: sign === '-' ? -nanos : nanos, format };
}

function scaleOf(suffix: string): { base: bigint; power: number; format: Quantity['format'] } {
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { base: 1000n, power: decimal - 3, format: 'decimal' };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { base: 1024n, power: binary, format: 'binary' };
  const power = /^[eE][-+]?[0-9]+$/.test(suffix) ? Number(suffix.slice(1)) : Number.NaN;
  if (!(Math.abs(power) <= maxExponent)) throw new Error(suffixError);
  return { base: 10n, power, format: 'exponent' };
}

/** What is wrong with the text, if anything. */
export function quantityError(text: string): string | undefined {
  try {
    parseQuantity(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `text` as upstream would write it: the biggest suffix that leaves a whole number. Throws as parseQuantity does. */
export function canonicalQuantity(text: string): string {
  const { nanos, format } = parseQuantity(text);
  if (nanos === 0n) return '0';
  const kibi = 1024n * nano;
  if (format === 'binary' && (nanos >= kibi || nanos <= -kibi)) {
    // Bytes have no fractions: round away from zero.
    const whole = nanos > 0n ? (nanos + nano - 1n) / nano : (nanos - nano + 1n) / nano;
    const [value, steps] = reduce(whole, 1024n, binarySuffixes.length - 1);
    if (steps > 0) return `${value}${binarySuffixes[steps]}`;
    // Without a suffix it is a decimal amount to whoever reads it next, and is written as one at once.
    return decimal(whole * nano, 'decimal');
  }
  return decimal(nanos, format);
}

function decimal(nanos: bigint, format: Quantity['format']): string {
  const [value, steps] = reduce(nanos, 1000n, decimalSuffixes.length - 1);
  const exponent = (steps - 3) * 3;
  if (format === 'exponent') return exponent === 0 ? `${value}` : `${value}e${exponent}`;
  return `${value}${decimalSuffixes[steps]}`;
}

/** Divides by `base` as often as it goes without a remainder, at most `limit` times. */
function reduce(value: bigint, base: bigint, limit: number): [bigint, number] {
  let steps = 0;
  let rest = value;
  while (steps < limit && rest % base === 0n) {
    rest /= base;
    steps++;
  }
  return [rest, steps];
}
