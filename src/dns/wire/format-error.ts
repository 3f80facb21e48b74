// The one error of the codec: octets that are no DNS message, or a value that cannot be put into one.

export class FormatError extends Error {
  override name = 'FormatError';
}
