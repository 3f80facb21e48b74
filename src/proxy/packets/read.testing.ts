// Reads the tables: lines of cells, the first line their heads.

export interface Row {
  /** The first cell. */
  readonly name: string;
  /** The others, by the heads of their columns. */
  readonly cells: ReadonlyMap<string, string>;
}

export function readTable(text: string): { readonly heads: readonly string[]; readonly rows: readonly Row[] } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const [[, ...heads] = [], ...rest] = lines.map((line) => line.split('|').map((cell) => cell.trim()));
  const rows = rest.map(([name = '', ...cells]) => {
    if (cells.length !== heads.length) throw new Error(`"${name}" has ${cells.length} cells, not ${heads.length}`);
    return { name, cells: new Map(cells.map((cell, i) => [heads[i] as string, cell])) };
  });
  return { heads, rows };
}

/** The cell of a row that must be there. */
export function cellOf(rows: readonly Row[], name: string, head: string): string {
  const cell = rows.find((row) => row.name === name)?.cells.get(head);
  if (cell === undefined) throw new Error(`the table does not say what happens when ${name}, ${head}`);
  return cell;
}

/** `either as the node` is two answers; each of the answers is one of those that calls may get. */
export function answersIn(cell: string): string[] {
  return cell
    .split(', ')
    .flatMap((answer) =>
      answer.startsWith('either ') ? ['here', 'elsewhere'].map((where) => answer.replace('either', where)) : [answer],
    )
    .sort();
}
