// One process at a time in a data folder, whatever name spaces it lives in and however the one before ended: a lock of the
// kernel (flock(2)) on a file of the folder, which goes with the process that holds it. Node cannot ask for one; the program
// `flock` can, on a file that we opened and go on holding when it has ended.

import { spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#lib/clock.ts';
import { UserError } from '#lib/user-error.ts';

export interface DataLock {
  release(): void;
}

/** A server process that was told to end, or whose supervisor was killed, is given this long to leave. */
const defaultPatienceMs = 25_000;

/** Throws a UserError that names the process that does not leave. */
export async function lockData(folder: string, patienceMs = defaultPatienceMs): Promise<DataLock> {
  const path = join(folder, 'lock');
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const file = openSync(path, 'a+', 0o600);
    // The folder may have been deleted, and another made, while we waited.
    if ((await flock(file)) && isStillAt(path, file)) {
      ftruncateSync(file);
      writeSync(file, `${process.pid}\n`);
      return { release: () => closeSync(file) };
    }
    closeSync(file);
    if (Date.now() > deadline) {
      throw new UserError(
        `Cannot use the data in ${folder}: process ${readFileSync(path, 'utf8').trim()} uses them. ` +
          'Stop the cluster that it belongs to first (`portolan status`).',
      );
    }
    await systemClock.sleep(50);
  }
}

/** False when another holds it. */
function flock(file: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0 || code === 1) resolve(code === 0);
      else reject(new Error(`flock: exit code ${code}`));
    });
  });
}

function isStillAt(path: string, file: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === fstatSync(file).ino;
}
