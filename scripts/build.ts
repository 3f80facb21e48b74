// Makes dist/: the package as it is published, plain JavaScript, which starts without a TypeScript stripper. The sources
// hold nothing but erasable types, so taking them out is the whole compilation.

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';

const toJavaScript = (source: string): string =>
  stripTypeScriptTypes(source).replaceAll(/((?:from|import|import\() ?')(\.[^']+)\.ts'/g, "$1$2.js'");

rmSync('dist', { recursive: true, force: true });
for (const file of globSync('src/**/*.ts')) {
  if (/(\.test|\.testing|-suite)\.ts$/.test(file)) continue;
  const target = file.replace(/^src/, 'dist').replace(/\.ts$/, '.js');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, toJavaScript(readFileSync(file, 'utf8')));
}
// Files resolve `#…` by the package.json nearest to them: in dist/ that is this one.
writeFileSync('dist/package.json', `${JSON.stringify({ type: 'module', imports: { '#*.ts': './*.js' } }, null, 2)}\n`);
