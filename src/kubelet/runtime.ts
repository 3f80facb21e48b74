// What the kubelet asks of a container runtime, and nothing more: the seam between pods (Kubernetes words) and containers
// (OCI words). Image names are resolved by the runtime, because only it knows what it can run.

export interface Mount {
  /** An existing file or directory of the host. */
  readonly source: string;
  readonly destination: string;
  readonly readOnly?: boolean | undefined;
  readonly propagation?: 'private' | 'rslave' | 'rshared' | undefined;
}

export interface ContainerSpec {
  readonly id: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly hostname: string;
  /** Path of the network namespace; the runtime's own when absent. */
  readonly networkNamespace?: string | undefined;
  readonly hostPID?: boolean | undefined;
  readonly hostIPC?: boolean | undefined;
  readonly mounts: readonly Mount[];
  readonly capabilities: { readonly add: readonly string[]; readonly drop: readonly string[] };
  readonly privileged: boolean;
  readonly readOnlyRoot: boolean;
  readonly noNewPrivileges: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly tty: boolean;
  /** Whether standard input is open: `once` until the first that opened it ends it, `open` as long as the container runs. */
  readonly stdin: 'none' | 'once' | 'open';
  /** Output goes here in the CRI log format. The directory exists. */
  readonly logFile: string;
}

export interface Exit {
  readonly code: number;
  readonly at: Date;
}

/** A container that runs, or ran. */
export interface RunningContainer {
  readonly spec: ContainerSpec;
  readonly startedAt: Date;
  /** Resolves once, never rejects. */
  readonly exited: Promise<Exit>;
  /** A way to the standard input of a container that has one. Any number may be open; aborting lets go of this one. */
  openInput(signal: AbortSignal): ContainerInput;
  /** Sets the size of the terminal of a container that has one. */
  resize(size: TerminalSize): void;
}

export interface ContainerInput {
  /** False: the container does not keep up; wait for {@link drained} before the next. */
  write(data: Uint8Array): boolean;
  drained(): Promise<void>;
  end(): void;
  /** Resolves when all is handed over or nobody is there to take it; rejects when the container cannot be reached. */
  readonly closed: Promise<void>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin?: boolean | undefined;
  readonly tty?: boolean | undefined;
  /** Aborting kills the command. */
  readonly signal?: AbortSignal | undefined;
}

/** A command inside a container, or the container itself with somebody attached. Output must be consumed: it is not buffered without bound, the command waits instead. */
export interface ExecSession {
  onOutput(handler: (stream: 'stdout' | 'stderr', data: Uint8Array) => void): void;
  /** False: the command does not keep up; wait for {@link drained} before the next. */
  write(data: Uint8Array): boolean;
  drained(): Promise<void>;
  endInput(): void;
  resize(size: TerminalSize): void;
  pause(): void;
  resume(): void;
  /** Exit code, 0 for an attachment; rejects when it could not be started. All output was handed out before. */
  readonly exited: Promise<number>;
}

export interface Runtime {
  /** `name://version`, as a Node reports it. */
  readonly version: string;
  /** Makes ready what all containers share. Called once, before anything else. */
  prepare(): Promise<void>;
  /** Undefined when the image can be run, otherwise a sentence saying why not. */
  whyNot(image: string): string | undefined;
  /** Creates and starts. Rejects with nothing left behind. */
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** Does nothing for a container that has ended. */
  kill(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Kills if need be, and removes everything but the log. After it the container counts as ended. */
  remove(id: string): Promise<void>;
  exec(id: string, options: ExecOptions): ExecSession;
  /** Removes every container and what `prepare` made. */
  close(): Promise<void>;
}
