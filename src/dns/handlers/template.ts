// Responses made of the question alone (directive `template`): records written with what a pattern found in the name, or
// just a response code.

import type { TemplateSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import { compileTemplate, type Template, type TemplateFields } from '../template/go-template.ts';
import {
  Class,
  className,
  Flag,
  FormatError,
  formatName,
  isWithin,
  type Name,
  nothing,
  pack,
  parseRecord,
  type Query,
  Rcode,
  type ResourceRecord,
  Type,
  typeName,
  writeResponse,
} from '../wire/index.ts';

type Section = 'answer' | 'authority' | 'additional';
type Sections = Readonly<Record<Section, readonly Template[]>>;

interface Rule extends Omit<TemplateSettings, Section> {
  readonly sections: Sections;
}

export class TemplateHandler implements Handler {
  readonly name = 'template';
  readonly #rules: readonly Rule[];

  /** Throws TemplateError. */
  constructor(settings: readonly TemplateSettings[]) {
    this.#rules = settings.map(({ answer, authority, additional, ...rule }) => {
      const compiled = (texts: readonly string[]) => texts.map(compileTemplate);
      const sections = { answer: compiled(answer), authority: compiled(authority), additional: compiled(additional) };
      return { ...rule, sections };
    });
  }

  handle(request: Request): Handled {
    const { query, limit } = request;
    for (const rule of this.#rules) {
      const zone = zoneFor(rule, query);
      if (zone === undefined) continue;
      const found = matchOf(rule, formatName(query.key));
      if (found) return respond(request, rule, { ...fieldsOf(request, zone), ...found });
      // The zone is the template's, the name is not.
      if (rule.fallthrough.some((name) => isWithin(query.key, name))) continue;
      return writeResponse(query, Rcode.NXDOMAIN, 0, nothing, limit);
    }
    return undefined;
  }
}

/** The zone of the rule that the question lies in, when class and type fit as well. */
function zoneFor({ zones, class: klass, type }: Rule, query: Query): Name | undefined {
  const fits = (wanted: number | undefined, asked: number, any: number) =>
    wanted === undefined || asked === any || wanted === asked;
  if (!fits(klass, query.class, Class.ANY) || !fits(type, query.type, Type.ANY)) return undefined;
  return zones.find((zone) => isWithin(query.key, zone));
}

/** The first pattern that fits. */
function matchOf({ match }: Rule, name: string): Pick<TemplateFields, 'Match' | 'Group'> | undefined {
  if (match.length === 0) return { Match: [name], Group: {} };
  for (const pattern of match) {
    const found = pattern.exec(name);
    if (found) return { Match: found.map((group) => group ?? ''), Group: { ...found.groups } };
  }
  return undefined;
}

const fieldsOf = ({ query, client }: Request, zone: Name): Omit<TemplateFields, 'Match' | 'Group'> => ({
  Name: formatName(query.key),
  Zone: formatName(zone),
  Class: className(query.class),
  Type: typeName(query.type),
  Remote: client.address,
});

function respond({ query, limit }: Request, { sections, rcode }: Rule, fields: TemplateFields): Handled {
  const records = (section: Section): ResourceRecord[] =>
    sections[section].map((template) => parseRecord(template(fields)));
  try {
    const packed = pack(query.name, {
      answer: records('answer'),
      authority: records('authority'),
      additional: records('additional'),
    });
    return writeResponse(query, rcode, Flag.AA, packed, limit);
  } catch (error) {
    // What the name brought into the text is no record.
    if (error instanceof FormatError) return writeResponse(query, Rcode.SERVFAIL, 0, nothing, limit);
    throw error;
  }
}
