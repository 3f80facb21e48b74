// log [ZONES...] [FORMAT] { class CLASSES... }: a line for each query.

import { attemptAll } from '../line.ts';
import type { LogRule, ResponseClass } from '../settings.ts';
import { oneOf, zonesOf } from '../values.ts';
import type { Reader } from './reader.ts';

const common =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';
const combined = `${common} "{>opcode}"`;

export const log: Reader<LogRule[]> = (lines) =>
  attemptAll(lines, (line) => {
    const classes = new Set<ResponseClass>();
    line.readProperties({
      class: (property) => {
        for (const name of property.someArguments('all, success, denial or error')) {
          classes.add(oneOf(property, name, ['all', 'success', 'denial', 'error']));
        }
      },
    });
    const last = line.args.at(-1);
    const hasFormat = last?.includes('{');
    const names = hasFormat ? line.args.slice(0, -1) : line.args;
    const format = hasFormat
      ? (last as string).replaceAll('{common}', common).replaceAll('{combined}', combined)
      : common;
    const zones = names.length === 0 ? [''] : zonesOf(line, names);
    return zones.map((zone) => ({ zone, format, classes: classes.size === 0 ? new Set(['all' as const]) : classes }));
  }).flat();
