// Which nft is new enough (services.md D.1).

export const requiredNft = '1.0.1';

/** @param answer of `nft --version`: `nftables v1.0.6 (Lester Gooch #5)`. One that is not understood passes. */
export function isOldNft(answer: string): boolean {
  const [, version] = /v(\d+(?:\.\d+)*)/.exec(answer) ?? [];
  if (version === undefined) return false;
  const [have, need] = [version, requiredNft].map((text) => text.split('.').map(Number));
  for (const [i, least] of (need ?? []).entries()) {
    const number = have?.[i] ?? 0;
    if (number !== least) return number < least;
  }
  return false;
}
