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
  /** Output goes here in the CRI log format. The directory exists. */
  readonly logFile: string;
}

export interface Exit {
  readonly code: number;
  readonly at: Date;
}

/** A container that runs, or ran. */
export interface RunningContainer {
  readonly startedAt: Date;
  /** Resolves once, never rejects. */
  readonly exited: Promise<Exit>;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin?: boolean | undefined;
  readonly tty?: boolean | undefined;
  /** Aborting kills the command. */
  readonly signal?: AbortSignal | undefined;
}

/** A command inside a container. Output must be consumed: it is not buffered without bound, the command waits instead. */
export interface ExecSession {
  onOutput(handler: (stream: 'stdout' | 'stderr', data: Uint8Array) => void): void;
  /** False: the command does not keep up; wait for {@link drained} before the next. */
  write(data: Uint8Array): boolean;
  drained(): Promise<void>;
  endInput(): void;
  resize(size: { columns: number; rows: number }): void;
  pause(): void;
  resume(): void;
  /** Exit code; rejects when the command could not be started. All output was handed out before. */
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
