// What the responder asks of a zone that this server is the authority for.

import type { Name } from '../wire/name.ts';
import type { Owner } from './owner.ts';
import type { Soa } from './soa.ts';

export interface Zone {
  readonly name: Name;
  readonly soa: Soa;
  /** The owner of the name; undefined when it does not exist. `key` lies in the zone and is in lower case. */
  find(key: Name): Owner | undefined;
}
