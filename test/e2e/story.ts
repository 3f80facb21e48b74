// A story: lines of shell, each with what must come of it, told by one version of kubectl in a namespace of its own.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunResult, tryRun } from '#lib/run.ts';
import { type TestApi, temporaryFolder } from './api-harness.ts';
import type { Kubectl } from './kubectls.ts';

export interface Step {
  /**
   * A line of shell. `kubectl` is the one under test, the current folder has the story's files, `$NS` is its namespace and
   * `$MINOR` the minor version: what has no namespace has it in its name.
   */
  readonly run: string;
  /** A string is all of standard output but its last line end; patterns are found in it. */
  readonly says?: string | RegExp | readonly RegExp[];
  /** What standard output does not have. */
  readonly omits?: RegExp;
  /** What standard error has; with it the line must fail, without it the line must succeed. */
  readonly fails?: string | RegExp;
  /** What standard error has although the line succeeds. */
  readonly warns?: RegExp;
  /** The oldest and the newest minor version that this step is for. */
  readonly from?: number;
  readonly to?: number;
}
export interface Story {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly files?: Readonly<Record<string, string>>;
}

/** What a line of shell needs in order to find one kubectl, one server and one namespace. */
export class Teller {
  readonly #api: TestApi;
  readonly #kubectl: Kubectl;
  readonly #folder = temporaryFolder();

  constructor(api: TestApi, kubectl: Kubectl) {
    this.#api = api;
    this.#kubectl = kubectl;
    mkdirSync(join(this.#folder, 'bin'));
    symlinkSync(kubectl.path, join(this.#folder, 'bin', 'kubectl'));
  }

  async tell({ title, steps, files = {} }: Story): Promise<void> {
    const namespace = `${title.split(/\W/)[0]?.toLowerCase()}-${this.#kubectl.minor}`;
    const shell = this.shell(namespace, files);
    const created = await shell('kubectl create namespace $NS');
    assert.equal(created.code, 0, created.stderr);
    for (const step of steps) {
      const { from = 0, to = Number.POSITIVE_INFINITY } = step;
      if (this.#kubectl.minor < from || this.#kubectl.minor > to) continue;
      check(step, await shell(step.run));
    }
  }

  /** Runs lines of shell in a folder with these files. */
  shell(namespace: string, files: Readonly<Record<string, string>> = {}): (line: string) => Promise<RunResult> {
    const cwd = join(this.#folder, namespace);
    mkdirSync(cwd);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(cwd, name, '..'), { recursive: true });
      writeFileSync(join(cwd, name), text);
    }
    const env = {
      PATH: `${join(this.#folder, 'bin')}:${process.env.PATH}`,
      HOME: this.#folder,
      TMPDIR: cwd,
      KUBECONFIG: this.#api.kubeconfigIn(this.#folder, namespace),
      NS: namespace,
      MINOR: String(this.#kubectl.minor),
      TERM: 'dumb',
    };
    return (line) => tryRun('sh', ['-c', `cd ${cwd}; ${line}`], { env, timeoutMs: 60_000 });
  }
}

function check(step: Step, result: RunResult): void {
  const { run, says = [], omits, fails, warns } = step;
  const { code, stderr } = result;
  const stdout = result.stdout.trimEnd();
  const all = `$ ${run}\n${result.stdout}${stderr}[exit code ${code}]`;
  if (fails === undefined) assert.equal(code, 0, all);
  else assert.notEqual(code, 0, `it should have failed:\n${all}`);
  if (typeof says === 'string') assert.equal(stdout, says, all);
  else for (const pattern of [says].flat()) assert.match(stdout, pattern, all);
  if (omits) assert.doesNotMatch(stdout, omits, all);
  if (typeof fails === 'string') assert.ok(stderr.includes(fails), `standard error lacks ${fails}\n${all}`);
  else if (fails) assert.match(stderr, fails, all);
  if (warns) assert.match(stderr, warns, all);
}
