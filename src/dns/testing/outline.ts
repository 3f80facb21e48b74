// Expected text of several lines in a test, indented as the test is.

/** The text of a template literal without the indent of its lines, and without its first and last line. */
export function outline(text: string): string {
  const lines = text.split('\n').slice(1, -1);
  const indent = Math.min(...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}
