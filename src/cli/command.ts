// What a command of the command line is: its options as data, so that help, parsing and messages come from one place.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Cidr, parseCidr } from '#lib/cidr.ts';
import { parseGoDuration } from '#lib/go-duration.ts';
import { UserError } from '#lib/user-error.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** It may be given several times. */
  readonly multiple?: true;
  readonly short?: string;
  readonly default?: string;
  /** How the value is called in the help text, for example `N`. */
  readonly value?: string;
  readonly help: string;
}

export type Values<O extends Record<string, OptionSpec>> = {
  [K in keyof O]: O[K]['type'] extends 'boolean'
    ? boolean
    : O[K] extends { multiple: true }
      ? readonly string[] | undefined
      : O[K] extends { default: string }
        ? string
        : string | undefined;
};

export interface Command<O extends Record<string, OptionSpec> = Record<string, OptionSpec>> {
  readonly name: string;
  readonly summary: string;
  /** Shown after the options. */
  readonly details?: string;
  readonly options: O;
  run(values: Values<O>): Promise<void>;
}

/** Fixes the option types of one command. */
export const command = <O extends Record<string, OptionSpec>>(definition: Command<O>): Command<O> => definition;

export function helpOf({ name, summary, details, options }: Command): string {
  const rows = Object.entries({
    ...options,
    help: { type: 'boolean', help: 'show this help' } satisfies OptionSpec,
  }).map(([option, spec]: [string, OptionSpec]) => ({
    left: `  --${option}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`,
    right: spec.default ? `${spec.help} (default ${spec.default})` : spec.help,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  const lines = rows.map(({ left, right }) => left.padEnd(width) + right);
  return [`portolan ${name}: ${summary}`, '', 'Options:', ...lines, ...(details ? ['', details] : []), ''].join('\n');
}

/** Runs a command with the arguments behind its name. */
export async function runCommand(spec: Command, args: readonly string[]): Promise<void> {
  const { help, ...values } = parseOptions(spec, args);
  if (help) process.stdout.write(helpOf(spec));
  else await spec.run(values);
}

/** Throws UserError for options that the command does not have. */
export function parseOptions<O extends Record<string, OptionSpec>>(
  { name, options }: Command<O>,
  args: readonly string[],
): Values<O> & { readonly help?: boolean } {
  const known: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const [option, { type, multiple, short, default: fallback }] of Object.entries(options)) {
    const optional = { ...(multiple && { multiple }), ...(short && { short }) };
    known[option] = { type, ...optional, ...(fallback !== undefined && { default: fallback }) };
  }
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: false }).values as Values<O>;
  } catch (error) {
    const [why] = (error as Error).message.split(/\. |\n/);
    throw new UserError(`portolan ${name}: ${why}. See \`portolan ${name} --help\`.`, { cause: error });
  }
}

/** A whole number in a range, or an error that names the option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UserError(`--${option} ${text}: must be a whole number from ${least} to ${most}.`);
}

/** Milliseconds of a duration as Go writes it, or an error that names the option. */
export function duration(option: string, text: string, mostMs = Number.POSITIVE_INFINITY): number {
  try {
    const ms = parseGoDuration(text);
    if (ms > mostMs) throw new UserError(`--${option} ${text}: must be ${mostMs / 1000}s or less.`);
    if (ms >= 0) return ms;
  } catch (error) {
    if (error instanceof UserError) throw error;
    // Told below, with what would be right.
  }
  throw new UserError(`--${option} ${text}: must be a duration such as 500ms or 10s.`);
}

/** A range of addresses, or an error that names the option. */
export function addressRange(option: string, text: string): Cidr {
  const range = parseCidr(text);
  if (range) return range;
  throw new UserError(`--${option}: ${JSON.stringify(text)} is not an address range such as 10.244.0.0/16.`);
}

/** One of a few words, or an error that names the option. */
export function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UserError(`--${option} ${text}: must be one of ${words.join(', ')}.`);
}
