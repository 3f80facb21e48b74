// template CLASS TYPE [ZONES...] { … }: responses made of the question alone. Clusters use it to say NXDOMAIN.

import { compileTemplate, TemplateError } from '../../template/go-template.ts';
import { Class, Type } from '../../wire/index.ts';
import type { Line } from '../line.ts';
import type { TemplateSettings } from '../settings.ts';
import { fallthroughOf, rcode, recordClass, recordType, regExp, zonesOf } from '../values.ts';
import { type Draft, each } from './reader.ts';

export const template = each((line, block): TemplateSettings => {
  const [className, typeName, ...zones] = line.someArguments('a class, a type, and zones');
  if (typeName === undefined) throw line.problem('a type is needed after the class, such as ANY');
  const [classCode, typeCode] = [recordClass(line, className), recordType(line, typeName)];
  const draft: Draft<TemplateSettings> = {
    zones: zones.length === 0 ? block.zones : zonesOf(line, zones),
    class: classCode === Class.ANY ? undefined : classCode,
    type: typeCode === Type.ANY ? undefined : typeCode,
    match: [],
    answer: [],
    authority: [],
    additional: [],
    rcode: 0,
    fallthrough: [],
  };
  const records = (section: 'answer' | 'authority' | 'additional') => (property: Line) => {
    const texts = property.someArguments('records');
    for (const text of texts) checkTemplate(property, text);
    draft[section] = [...draft[section], ...texts];
  };
  line.readProperties({
    match: (property) => {
      const patterns = property.someArguments('regular expressions');
      draft.match = [...draft.match, ...patterns.map((pattern) => regExp(property, pattern))];
    },
    answer: records('answer'),
    authority: records('authority'),
    additional: records('additional'),
    rcode: (property) => {
      draft.rcode = rcode(property, property.oneArgument('a response code'));
    },
    fallthrough: (property) => {
      draft.fallthrough = fallthroughOf(property);
    },
  });
  return draft;
});

function checkTemplate(property: Line, text: string): void {
  try {
    compileTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) throw property.problem(error.message);
    throw error;
  }
}
