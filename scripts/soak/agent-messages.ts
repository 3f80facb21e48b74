// What a machine of the soak is asked and what it says.

export const serverPorts = [8080, 8081, 8082] as const;

export interface CallRequest {
  readonly id: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
  /** A UDP socket that is used again for each call of this name; or a TCP connection that is kept, with words going to and fro. */
  readonly keep?: string | undefined;
}
export interface ReleaseRequest {
  readonly release: string;
}
export interface CallReport {
  readonly id: number;
  /** `NAME PORT ADDRESS`, `refused`, `silence` or the code of another error. */
  readonly answer: string;
}
/** Of a kept TCP connection. */
export interface BrokenReport {
  readonly broken: string;
  readonly why: string;
}
export type AgentReport = CallReport | BrokenReport | { readonly isReady: true };
