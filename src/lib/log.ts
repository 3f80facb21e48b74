// Structured log lines on standard error: a constant message plus fields, so that lines can be searched by message.

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Fields = Readonly<Record<string, unknown>>;
const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** Whether lines of this level are written: for what is dear to put together. */
  isEnabled(level: LogLevel): boolean;
  /** A logger whose lines name a part of the program. */
  named(component: string): Logger;
}

const text = (value: unknown): string => {
  if (value instanceof Error) return JSON.stringify(value.message);
  return typeof value === 'string' && /^[\w./:@%+-]+$/.test(value) ? value : (JSON.stringify(value) ?? 'undefined');
};

/** @param least lines below this level are dropped; PORTOLAN_LOG sets it for a whole process. */
export function createLogger(
  component: string,
  least: LogLevel = (process.env.PORTOLAN_LOG as LogLevel | undefined) ?? 'warn',
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const at =
    (level: LogLevel) =>
    (message: string, fields: Fields = {}) => {
      if (rank[level] < (rank[least] ?? rank.warn)) return;
      const tail = Object.entries(fields).map(([name, value]) => ` ${name}=${text(value)}`);
      write(`${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${component}: ${message}${tail.join('')}\n`);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    isEnabled: (level) => rank[level] >= (rank[least] ?? rank.warn),
    named: (name) => createLogger(`${component}/${name}`, least, write),
  };
}
