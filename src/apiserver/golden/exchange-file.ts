// The files of golden exchanges: requests, and below each the answer that the server is to give. Text that people read
// and review, so parsing keeps everything that printing does not make anew (README.md has the format).

export interface Exchange {
  /** The line after `###`. */
  readonly title: string;
  /** Lines that begin with `#`. */
  readonly notes: readonly string[];
  /** `@show a b` becomes ['show', 'a b']. */
  readonly directives: ReadonlyMap<string, string>;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the `HTTP` line on; empty while nobody has looked at an answer yet. */
  readonly answer: string;
}

export interface ExchangeFile {
  /** What stands before the first exchange. */
  readonly preamble: string;
  readonly exchanges: readonly Exchange[];
}

export function parseExchanges(text: string): ExchangeFile {
  const [preamble = '', ...blocks] = text.split(/^### /m);
  return { preamble, exchanges: blocks.map(parseExchange) };
}

function parseExchange(block: string): Exchange {
  const at = block.search(/^HTTP \d{3}$/m);
  const answer = at < 0 ? '' : block.slice(at).trimEnd();
  const lines = (at < 0 ? block : block.slice(0, at)).trimEnd().split('\n');
  const title = lines.shift() ?? '';
  const notes = takeWhile(lines, (line) => line.startsWith('#'));
  const directives = takeWhile(lines, (line) => line.startsWith('@')).map(parseDirective);
  const [method = '', url = ''] = (lines.shift() ?? '').split(' ');
  if (!url.startsWith('/')) throw new Error(`${title}: expected METHOD /path, found "${method} ${url}"`);
  const headers = takeWhile(lines, (line) => line !== '').map(parseHeader);
  return {
    title,
    notes,
    directives: new Map(directives),
    method,
    url,
    headers: Object.fromEntries(headers),
    body: lines.join('\n').trim(),
    answer,
  };
}

function takeWhile(lines: string[], wanted: (line: string) => boolean): string[] {
  const end = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, end < 0 ? lines.length : end);
}

function parseDirective(line: string): [string, string] {
  const [name = '', ...rest] = line.slice(1).split(' ');
  return [name, rest.join(' ')];
}

function parseHeader(line: string): [string, string] {
  const at = line.indexOf(': ');
  if (at < 0) throw new Error(`not a header: ${line}`);
  return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
}

export const printExchanges = ({ preamble, exchanges }: ExchangeFile): string =>
  preamble + exchanges.map(printExchange).join('\n');

function printExchange({ title, notes, directives, method, url, headers, body, answer }: Exchange): string {
  const lines = [
    `### ${title}`,
    ...notes,
    ...[...directives].map(([name, value]) => (value ? `@${name} ${value}` : `@${name}`)),
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body ? ['', body] : []),
    ...(answer ? ['', answer] : []),
  ];
  return `${lines.join('\n')}\n`;
}
