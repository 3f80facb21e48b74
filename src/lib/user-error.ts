// A refusal that the person at the terminal can act on: the command line prints its message alone, with no stack.

export class UserError extends Error {
  override name = 'UserError';
}
