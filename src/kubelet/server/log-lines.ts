// Lines of a container's log file (the CRI format: `TIME STREAM F|P TEXT`) turned into what `kubectl logs` shows. Pure.

export interface LogSelection {
  readonly timestamps: boolean;
  /** Nothing before this time. */
  readonly since?: Date | undefined;
  /** Only so many lines of what is there at the beginning. */
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
}

const newline = 0x0a;
const space = 0x20;
const end = Buffer.from('\n');
const letterE = 0x65;
const letterP = 0x50;

interface LogLine {
  /** Where the time ends. */
  readonly afterTime: number;
  readonly stream: 'stdout' | 'stderr';
  /** A partial line is continued by the next. */
  readonly isPartial: boolean;
  readonly text: Buffer;
}

/** Undefined for what is not a log line. */
function parsedLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(space);
  const afterStream = line.indexOf(space, afterTime + 1);
  const afterTag = line.indexOf(space, afterStream + 1);
  if (afterTime < 0 || afterStream < 0 || afterTag < 0) return undefined;
  // Bytes and not strings: a follower that is slower than its writer loses lines.
  return {
    afterTime,
    stream: line[afterTime + 'std'.length + 1] === letterE ? 'stderr' : 'stdout',
    isPartial: line[afterStream + 1] === letterP,
    text: line.subarray(afterTag + 1),
  };
}

/**
 * What a line of the file shows; undefined when it is left out or not a log line. A partial line (`P`) is continued by the
 * next and therefore shown without its end.
 */
export function shownLine(line: Buffer, { timestamps, since }: LogSelection): Buffer | undefined {
  const parsed = parsedLine(line);
  if (!parsed) return undefined;
  const { afterTime, isPartial, text } = parsed;
  if (since && Date.parse(line.toString('latin1', 0, afterTime)) < since.getTime()) return undefined;
  const time = timestamps ? [Buffer.from(`${shownTime(line.toString('latin1', 0, afterTime))} `)] : [];
  const parts = [...time, text, ...(isPartial ? [] : [end])];
  return Buffer.concat(parts);
}

/** As upstream shows it: nanoseconds, in UTC. The writer's zone is its own; what is not a time stays as it is. */
function shownTime(written: string): string {
  const [, seconds, fraction = '', zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(written) ?? [];
  if (!seconds || !zone) return written;
  const utc = zone === 'Z' || zone === '+00:00' ? seconds : new Date(seconds + zone).toISOString().slice(0, 19);
  return `${utc}.${fraction.padEnd(9, '0')}Z`;
}

export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** The output that lines of the file record, in as few pieces as its order allows. */
export function outputOf(lines: readonly Buffer[]): Output[] {
  const pieces: { stream: Output['stream']; texts: Buffer[] }[] = [];
  for (const line of lines) {
    const parsed = parsedLine(line);
    if (!parsed) continue;
    const { stream, isPartial, text } = parsed;
    let piece = pieces.at(-1);
    if (piece?.stream !== stream) {
      piece = { stream, texts: [] };
      pieces.push(piece);
    }
    piece.texts.push(text);
    if (!isPartial) piece.texts.push(end);
  }
  return pieces.map(({ stream, texts }) => ({ stream, data: Buffer.concat(texts) }));
}

/** Cuts chunks of a file into lines; what is not ended yet waits for the next chunk. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = data.indexOf(newline); at >= 0; at = data.indexOf(newline, from)) {
      lines.push(data.subarray(from, at));
      from = at + 1;
    }
    this.#rest = Buffer.from(data.subarray(from));
    return lines;
  }
}
