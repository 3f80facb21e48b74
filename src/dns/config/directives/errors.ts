// errors [stdout] { consolidate DURATION REGEXP [LEVEL] [show_first] }: failures are logged, or counted where there are many.

import type { Line } from '../line.ts';
import type { ErrorsSettings } from '../settings.ts';
import { durationMs, oneOf, regExp } from '../values.ts';
import { once } from './reader.ts';

type Consolidation = ErrorsSettings['consolidate'][number];

const levels = { debug: 'debug', info: 'info', warning: 'warn', error: 'error' } as const;

export const errors = once((line): ErrorsSettings => {
  const [file = 'stdout'] = line.upToArguments(1, 'stdout');
  oneOf(line, file, ['stdout']);
  const consolidate: Consolidation[] = [];
  line.readProperties({
    consolidate: (property) => {
      consolidate.push(consolidationOf(property));
    },
    // Our errors are logged with their stack anyway.
    stacktrace: (property) => property.noArguments(),
  });
  return { consolidate };
});

function consolidationOf(property: Line): Consolidation {
  const [period, pattern, ...options] = property.upToArguments(
    4,
    'a duration, a regular expression, a level, show_first',
  );
  if (period === undefined || pattern === undefined) {
    throw property.problem('consolidate needs a duration and a regular expression');
  }
  const showFirst = options.at(-1) === 'show_first';
  const [level = 'error', ...more] = showFirst ? options.slice(0, -1) : options;
  if (more.length > 0) throw property.problem('consolidate: show_first is the last argument, after one level');
  return {
    periodMs: durationMs(property, period, 1, 'at least 1ms'),
    pattern: regExp(property, pattern),
    level: levels[oneOf(property, level, ['warning', 'error', 'info', 'debug'])],
    showFirst,
  };
}
