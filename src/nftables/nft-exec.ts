// The real thing: one `nft` process a transaction. The command line is nft's only well-documented interface.

import { CommandError, tryRun } from '#lib/run.ts';
import { NftError, translate } from './errors.ts';
import { elementOf } from './json.ts';
import type { Nft } from './nft.ts';
import { type Element, type NamedSet, type TableRef, tableText, wordOf } from './objects.ts';
import type { Transaction } from './transaction.ts';

export interface NftExecOptions {
  /** Words before `nft`, to run it in a network namespace. */
  readonly prefix?: readonly string[] | undefined;
}

/** A first load of a large cluster takes seconds, on a busy machine many. */
const timeoutMs = 300_000;

export class NftExec implements Nft {
  readonly #prefix: readonly string[];

  constructor({ prefix = [] }: NftExecOptions = {}) {
    this.#prefix = prefix;
  }

  async run(transaction: Transaction): Promise<void> {
    if (transaction.isEmpty) return;
    await this.#nft(
      ['-f', '-'],
      `cannot change nftables table ${tableText(transaction.table)}`,
      transaction.toString(),
    );
  }

  async listChains(table: TableRef): Promise<string[]> {
    // `list chains` cannot be asked for one table, and is silent when there is none.
    await this.definition(table);
    const listed = await this.#list(['chains', table.family]);
    return listed.flatMap(({ chain }) => (chain?.table === table.name && chain.name !== undefined ? [chain.name] : []));
  }

  async listElements(table: TableRef, set: NamedSet): Promise<Element[]> {
    const listed = await this.#list([wordOf(set), table.family, table.name, set.name]);
    const found = listed.map((entry) => entry.set ?? entry.map).find((entry) => entry !== undefined);
    return (found?.elem ?? []).map(elementOf);
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

  async #list(what: readonly string[]): Promise<ListedEntry[]> {
    const text = await this.#nft(['--json', 'list', ...what], `cannot list nftables ${what.join(' ')}`);
    return (JSON.parse(text) as { nftables: ListedEntry[] }).nftables;
  }

  async #nft(args: readonly string[], tried: string, input?: string): Promise<string> {
    const [file = 'nft', ...rest] = [...this.#prefix, 'nft', ...args];
    let result: Awaited<ReturnType<typeof tryRun>>;
    try {
      result = await tryRun(file, rest, { input, timeoutMs });
    } catch (cause) {
      const hint = cause instanceof CommandError && cause.message.includes('ENOENT') ? `: is ${file} installed?` : '';
      throw new NftError('Failed', `${tried}: ${cause instanceof Error ? cause.message : cause}${hint}`, { cause });
    }
    if (result.code !== 0) throw translate(tried, result.stderr);
    return result.stdout;
  }
}

interface ListedSet {
  readonly elem?: readonly unknown[];
}
interface ListedEntry {
  readonly chain?: { readonly table?: string; readonly name?: string };
  readonly set?: ListedSet;
  readonly map?: ListedSet;
}
