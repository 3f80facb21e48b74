// Containers through an OCI runtime (runc, or crun) under conmon. All state lies below one directory, in this layout:
// `runc/` the OCI runtime's, `exits/`, `sockets/`, `containers/ID/` a bundle with its pid files, `images/` a tmpfs with
// the layers, `cgroup` and `program` the parent cgroup and the OCI runtime, for whoever must clean up.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, type Logger } from '#lib/log.ts';
import { run, tryRun } from '#lib/run.ts';
import type { ContainerSpec, ExecOptions, ExecSession, Exit, RunningContainer, Runtime } from '../runtime.ts';
import { availableCapabilities } from './capabilities.ts';
import { createWithConmon } from './conmon.ts';
import { startExec } from './exec.ts';
import { Exits } from './exits.ts';
import { HostImage } from './host-image.ts';
import { openInput } from './input.ts';
import { Monitors } from './monitors.ts';
import { bundleConfig } from './oci-spec.ts';
import { findOciRuntime } from './program.ts';
import { removeContainers } from './remove.ts';
import { Terminal } from './terminal.ts';

export interface OciRuntimeOptions {
  readonly stateDir: string;
  /** Shown to containers of the image `host`. */
  readonly nodeName?: string | undefined;
  /** Parent cgroup of the containers; one named after the state directory when absent. */
  readonly cgroup?: string | undefined;
  /** The OCI runtime's program; when absent runc, or crun on a machine that has only that. */
  readonly program?: string | undefined;
  readonly conmon?: string | undefined;
  readonly log?: Logger | undefined;
}

/** The OCI runtime's own exit code when it fails. */
const ociFailure = 255;
const commandNotFound = 127;

export class OciRuntime implements Runtime {
  readonly #stateDir: string;
  readonly #cgroup: string;
  #program: string;
  readonly #conmon: string;
  readonly #exits: Exits;
  readonly #monitors = new Monitors((id) => void this.#monitorLost(id));
  readonly #image: HostImage;
  readonly #log: Logger;
  #capabilities: readonly string[] = [];
  #version = '';
  #closing = false;
  readonly #starting = new Set<Promise<RunningContainer>>();
  #execs = 0;

  constructor({ stateDir, nodeName = '', cgroup, program = '', conmon = 'conmon', log }: OciRuntimeOptions) {
    this.#stateDir = stateDir;
    this.#cgroup = cgroup ?? `/portolan/${stateDir.split('/').filter(Boolean).join('-')}`;
    this.#log = log ?? createLogger('runtime');
    this.#program = program;
    this.#conmon = conmon;
    this.#exits = new Exits(join(stateDir, 'exits'));
    this.#image = new HostImage(join(stateDir, 'images'), nodeName);
  }

  get version(): string {
    return `${this.#name}://${this.#version}`;
  }

  get #name(): string {
    return this.#program.split('/').at(-1) ?? this.#program;
  }

  async prepare(): Promise<void> {
    this.#program = await findOciRuntime(this.#program);
    const [version] = await Promise.all([run(this.#program, ['--version']), run(this.#conmon, ['--version'])]);
    this.#version = /version (\S+)/.exec(version)?.[1] ?? 'unknown';
    this.#capabilities = await availableCapabilities();
    for (const name of ['runc', 'sockets', 'containers']) {
      await mkdir(join(this.#stateDir, name), { recursive: true, mode: 0o700 });
    }
    await writeFile(join(this.#stateDir, 'cgroup'), this.#cgroup);
    await writeFile(join(this.#stateDir, 'program'), this.#program);
    await this.#exits.start();
    await this.#image.prepare();
  }

  whyNot(image: string): string | undefined {
    if (/^(docker\.io\/(library\/)?)?host(:latest)?$/.test(image)) return undefined;
    return `only the image "host" (the machine's own root file system) can be run; images from registries are not supported yet`;
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    if (this.#closing) throw new Error('the container runtime is stopping');
    const starting = this.#start(spec);
    this.#starting.add(starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(starting);
    }
  }

  async kill(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#closing) return;
    const { code, stderr } = await tryRun(this.#program, ['--root', this.#root, 'kill', id, signal.slice(3)]);
    if (code !== 0 && !/not running|does not exist|no such process|already finished/i.test(stderr)) {
      throw new Error(`cannot send ${signal} to container ${id}: ${stderr.trim()}`);
    }
  }

  async remove(id: string): Promise<void> {
    if (!this.#closing) await this.#remove(id);
  }

  async #remove(id: string): Promise<void> {
    const { code, stderr } = await tryRun(this.#program, ['--root', this.#root, 'delete', '--force', id]);
    if (code !== 0) this.#log.warn('container could not be deleted', { id, stderr });
    await this.#image.unmount(id);
    await rm(this.#bundle(id), { recursive: true, force: true });
    this.#monitors.delete(id);
    this.#exits.settle(id, { code: 137, at: new Date() } satisfies Exit);
    await rm(join(this.#stateDir, 'exits', id), { force: true });
  }

  /** Without its monitor a container has no log and no end: it is ended, as other runtimes do. */
  async #monitorLost(id: string): Promise<void> {
    if (await this.#exits.isTold(id)) return;
    this.#log.warn('the monitor of a container was killed, ending the container', { id });
    await this.remove(id).catch((error) => this.#log.error('container could not be removed', { id, error }));
  }

  exec(id: string, options: ExecOptions): ExecSession {
    const pidFile = join(this.#bundle(id), `exec-${++this.#execs}.pid`);
    const flags = ['--pid-file', pidFile, ...(options.tty ? ['--tty', '--env', 'TERM=xterm'] : [])];
    // With its log elsewhere, what the OCI runtime says on standard error is one plain sentence.
    const argv = [this.#program, '--root', this.#root, '--log', '/dev/null', 'exec', ...flags, id, ...options.command];
    const session = startExec(argv, pidFile, options);
    const exited = session.exited.then(async (code) => {
      // Without a process there never was a command: shells tell that by this code.
      const begun = await rm(pidFile).then(
        () => true,
        () => false,
      );
      return begun || code !== ociFailure ? code : commandNotFound;
    });
    return { ...session, exited };
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#monitors.close();
    // One that is half created has left too little behind to be found.
    await Promise.allSettled(this.#starting);
    await removeContainers(this.#stateDir);
    await this.#image.close();
    this.#exits.close();
  }

  get #root(): string {
    return join(this.#stateDir, 'runc');
  }

  #bundle(id: string): string {
    return join(this.#stateDir, 'containers', id);
  }

  #monitorPidFile(id: string): string {
    return join(this.#bundle(id), 'conmon.pid');
  }

  #oci(args: readonly string[]): Promise<string> {
    return run(this.#program, ['--root', this.#root, ...args]);
  }

  async #start(spec: ContainerSpec): Promise<RunningContainer> {
    const exited = this.#exits.of(spec.id);
    try {
      await this.#create(spec);
      await this.#oci(['start', spec.id]);
      await this.#monitors.add(spec.id, Number(await readFile(this.#monitorPidFile(spec.id), 'utf8')));
    } catch (error) {
      await this.#remove(spec.id);
      throw error;
    }
    const bundle = this.#bundle(spec.id);
    const terminal = new Terminal(bundle);
    return {
      spec,
      startedAt: new Date(),
      exited,
      openInput: (signal) => openInput(bundle, spec.stdin === 'once' && !spec.tty, signal),
      resize: (size) => terminal.resize(size),
    };
  }

  async #create(spec: ContainerSpec): Promise<void> {
    const bundle = this.#bundle(spec.id);
    await mkdir(bundle, { recursive: true });
    const config = bundleConfig(spec, {
      rootfs: await this.#image.mount(spec.id),
      cgroup: `${this.#cgroup}/${spec.id}`,
      imageMounts: this.#image.mounts,
      availableCapabilities: this.#capabilities,
    });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
    await createWithConmon({
      id: spec.id,
      conmon: this.#conmon,
      runtime: this.#program,
      runtimeRoot: this.#root,
      bundle,
      pidFile: join(bundle, 'pid'),
      conmonPidFile: this.#monitorPidFile(spec.id),
      logFile: spec.logFile,
      exitDirectory: join(this.#stateDir, 'exits'),
      socketDirectory: join(this.#stateDir, 'sockets'),
      tty: spec.tty,
      stdin: spec.stdin,
    });
  }
}
