// What a command of the command line is: its options as data, so that help, parsing and messages come from one place.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseGoDuration } from '#lib/go-duration.ts';
import { UserError } from '#lib/user-error.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly default?: string;
  /** How the value is called in the help text, for example `N`. */
  readonly value?: string;
  readonly help: string;
}

export type Values<O extends Record<string, OptionSpec>> = {
  [K in keyof O]: O[K]['type'] extends 'boolean'
    ? boolean
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
  const options: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const [name, { type, short, default: fallback }] of Object.entries(spec.options)) {
    options[name] = { type, ...(short && { short }), ...(fallback !== undefined && { default: fallback }) };
  }
  const values = parse(spec, args, options);
  if (values.help) process.stdout.write(helpOf(spec));
  else await spec.run(values as Values<typeof spec.options>);
}

function parse(spec: Command, args: readonly string[], options: ParseArgsConfig['options']): Record<string, unknown> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    const [why] = (error as Error).message.split(/\. |\n/);
    throw new UserError(`portolan ${spec.name}: ${why}. See \`portolan ${spec.name} --help\`.`, { cause: error });
  }
}

/** A whole number in a range, or an error that names the option. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UserError(`--${option} ${text}: must be a whole number from ${least} to ${most}.`);
}

/** Milliseconds of a duration as Go writes it, or an error that names the option. */
export function duration(option: string, text: string): number {
  try {
    const ms = parseGoDuration(text);
    if (ms >= 0) return ms;
  } catch {
    // Told below, with what would be right.
  }
  throw new UserError(`--${option} ${text}: must be a duration such as 500ms or 10s.`);
}

/** One of a few words, or an error that names the option. */
export function oneOf<T extends string>(option: string, text: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UserError(`--${option} ${text}: must be one of ${words.join(', ')}.`);
}
