// What a cluster's child processes tell their supervisor over IPC.

export type ChildMessage =
  /** The API server answers and the kubeconfig files are written. */
  | { readonly type: 'api-ready' }
  /** The process does its whole work. */
  | { readonly type: 'ready' }
  /** It cannot start; the message is for the person at the terminal. */
  | { readonly type: 'failed'; readonly message: string };

export function tellSupervisor(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}
