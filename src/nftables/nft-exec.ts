// The real thing: one `nft` process a transaction. The command line is nft's only well-documented interface.

import { CommandError, outputOf, tryRun } from '#lib/run.ts';
import { NftError, translate } from './errors.ts';
import { ElementReader } from './json.ts';
import type { Nft } from './nft.ts';
import { type Element, type NamedSet, type TableRef, tableText, wordOf } from './objects.ts';
import type { Transaction } from './transaction.ts';
import { isOldNft, requiredNft } from './version.ts';

export interface NftExecOptions {
  /** Words before `nft`, to run it in a network namespace. */
  readonly prefix?: readonly string[] | undefined;
}

/** A load of a large cluster in one piece takes seconds, on a busy machine many; one that hangs is not waited for longer. */
const timeoutMs = 60_000;

export class NftExec implements Nft {
  readonly #prefix: readonly string[];
  /** That nft is there and new enough has been seen. */
  #checked: Promise<void> | undefined;

  constructor({ prefix = [] }: NftExecOptions = {}) {
    this.#prefix = prefix;
  }

  async run(transaction: Transaction): Promise<void> {
    if (transaction.isEmpty) return;
    const tried = `cannot change nftables table ${tableText(transaction.table)}`;
    await this.#nft(['-f', '-'], tried, transaction.toString());
  }

  async chains(table: TableRef): Promise<string[]> {
    // `list chains` cannot be asked for one table, and is silent when there is none.
    await this.definition(table);
    const what = `chains ${table.family}`;
    const text = await this.#nft(['--json', 'list', 'chains', table.family], `cannot list nftables ${what}`);
    const listed = (JSON.parse(text) as { nftables: ListedEntry[] }).nftables;
    return listed.flatMap(({ chain }) => (chain?.table === table.name && chain.name !== undefined ? [chain.name] : []));
  }

  async *elements(table: TableRef, set: NamedSet): AsyncGenerator<Element[]> {
    const what = [wordOf(set), table.family, table.name, set.name];
    const tried = `cannot list nftables ${what.join(' ')}`;
    await this.#check(tried);
    const reader = new ElementReader(set);
    const [file, args] = this.#command('--json', 'list', ...what);
    try {
      for await (const piece of outputOf(file, args, { timeoutMs })) {
        const elements = reader.push(piece);
        if (elements.length > 0) yield elements;
      }
    } catch (error) {
      throw error instanceof CommandError ? translate(tried, error.stderr || error.message) : error;
    }
  }

  /** From the whole ruleset, because only then does nft 1.0.6 not read the elements first: 1.4 s for 100,000 of them. */
  async definition(table: TableRef): Promise<string> {
    const tried = `cannot list nftables table ${tableText(table)}`;
    const ruleset = await this.#nft(['--terse', 'list', 'ruleset', table.family], tried);
    const begin = `table ${tableText(table)} {\n`;
    const found = `\n${ruleset}`.indexOf(`\n${begin}`);
    if (found < 0) throw new NftError('NotFound', `${tried}: No such file or directory`);
    return ruleset.slice(found, ruleset.indexOf('\n}\n', found) + 3);
  }

  async #nft(args: readonly string[], tried: string, input?: string): Promise<string> {
    await this.#check(tried);
    return this.#tryNft(args, tried, input);
  }

  #check(tried: string): Promise<void> {
    this.#checked ??= this.#tryNft(['--version'], tried).then((answer) => {
      if (!isOldNft(answer)) return;
      throw new NftError('Failed', `${tried}: ${answer.trim()} is too old, ${requiredNft} or later is needed`);
    });
    return this.#checked.catch((error) => {
      this.#checked = undefined;
      throw error;
    });
  }

  async #tryNft(args: readonly string[], tried: string, input?: string): Promise<string> {
    const [file, rest] = this.#command(...args);
    let result: Awaited<ReturnType<typeof tryRun>>;
    try {
      result = await tryRun(file, rest, { input, timeoutMs });
    } catch (cause) {
      if (!(cause instanceof CommandError)) throw cause;
      throw isMissing(cause.message, file)
        ? missing(tried, file)
        : new NftError('Failed', `${tried}: ${cause.message}`, { cause });
    }
    if (result.code === 0) return result.stdout;
    // What runs before nft says itself that there is no nft.
    if (isMissing(result.stderr, 'nft')) throw missing(tried, 'nft');
    throw translate(tried, result.stderr || `nft ended with exit code ${result.code} and gave no reason`, input);
  }

  #command(...args: readonly string[]): [string, string[]] {
    const [file = 'nft', ...rest] = [...this.#prefix, 'nft', ...args];
    return [file, rest];
  }
}

/** `spawn nft ENOENT`; what runs before nft says `failed to execute nft: No such file…` or `nft: No such file…`. */
const isMissing = (complaint: string, file: string): boolean =>
  complaint.includes(`spawn ${file} ENOENT`) ||
  new RegExp(`^[\\w-]+: .*\\b${file}\\W*: No such file`, 'm').test(complaint);

function missing(tried: string, file: string): NftError {
  const how = file === 'nft' ? `install the package nftables, ${requiredNft} or later` : 'install it';
  return new NftError('Failed', `${tried}: there is no program ${file} on this machine: ${how}`);
}

interface ListedEntry {
  readonly chain?: { readonly table?: string; readonly name?: string };
}
