// A table: a Markdown document of one section of spec/dns.md, its rules, and below each rule what is asked and what the
// answer has to be (README.md has the notation).

import { type Expected, parseExpected } from './expected.testing.ts';
import { parseQuestion, type Question } from './question.testing.ts';
import { Origin } from './zone-text.testing.ts';

export interface Row {
  readonly question: Question;
  readonly expected: Expected;
  /** What is served, a Corefile. */
  readonly corefile: string;
  /** Whether the API server has said all that there is. */
  readonly isSynced: boolean;
}

export interface Rule {
  /** `1.4.3`, with a letter where a rule of the specification is shown in parts. */
  readonly id: string;
  readonly text: string;
  readonly rows: readonly Row[];
  /** Tests that show it, where rows cannot: `FILE: TITLE`. */
  readonly tests: readonly string[];
}

export interface Document {
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** Throws an Error with the rule and the line that cannot be read. */
export function parseDocument(text: string): Document {
  const [head = '', ...parts] = text.split(/^## /m);
  const reading = new Reading();
  reading.blocks(head);
  return { title: /^# (.*)$/m.exec(head)?.[1] ?? '', rules: parts.map((part) => reading.rule(part)) };
}

/** What holds from where it is said on: the Corefile, origin and TTL. */
class Reading {
  #corefile = '';
  #isSynced = true;
  readonly #origin = new Origin();

  rule(part: string): Rule {
    const [, id, text] = /^(\S+) (.*)$/m.exec(part) ?? [];
    if (!id || !text) throw new Error(`Cannot read a rule's heading: ${part.split('\n')[0]}`);
    try {
      const rows = this.blocks(part);
      const tests = [...part.matchAll(/^Test: `([^`]*)`: (.*)$/gm)].map(([, file, title]) => `${file}: ${title}`);
      return { id, text, rows, tests };
    } catch (error) {
      throw new Error(`${id}: ${(error as Error).message}`, { cause: error });
    }
  }

  blocks(text: string): Row[] {
    return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].flatMap(([, kind = '', body = '']) => {
      if (kind === 'zone') return body.split(/\n\s*\n/).flatMap((exchange) => this.#rows(exchange));
      if (!kind.startsWith('corefile')) throw new Error(`Cannot read a block of ${kind}`);
      this.#corefile = body;
      this.#isSynced = kind !== 'corefile before-sync';
      return [];
    });
  }

  /** Questions that have the same answer, then the answer. */
  #rows(text: string): Row[] {
    const all = text.split('\n').filter((line) => line.trim() !== '' && !/^; /.test(line));
    const lines = all.filter((line) => !this.#origin.takes(line));
    const asked = lines.findIndex((line) => !line.startsWith('? '));
    const [questions, answer] = asked < 0 ? [lines, []] : [lines.slice(0, asked), lines.slice(asked)];
    return questions.map((line) => {
      const question = parseQuestion(line.slice(2), this.#origin);
      const expected = parseExpected(answer, this.#origin);
      return { question, expected, corefile: this.#corefile, isSynced: this.#isSynced };
    });
  }
}
