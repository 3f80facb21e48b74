// Makes dist/: the package as it is published, plain JavaScript, which starts without a TypeScript stripper.

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const { status } = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
// Files resolve `#…` by the package.json nearest to them: in dist/ that is this one.
const inside = { type: 'module', imports: { '#*.ts': './*.js' } };
writeFileSync('dist/package.json', `${JSON.stringify(inside, null, 2)}\n`);
