// tls CERT KEY [CA] { client_auth … }: the certificate that tls:// and https:// are served with.

import type { ServerTls } from '../settings.ts';
import { oneOf } from '../values.ts';
import { once } from './reader.ts';

export const tls = once((line, block): ServerTls => {
  const [cert, key, ca] = line.upToArguments(3, 'certificate, key, CA').map(block.pathOf);
  if (!cert || !key) throw line.problem('certificate and key are needed: two files');
  let clientAuth: ServerTls['clientAuth'] = 'nocert';
  line.readProperties({
    client_auth: (property) => {
      clientAuth = oneOf(property, property.oneArgument('a mode'), [
        'nocert',
        'request',
        'require',
        'verify_if_given',
        'require_and_verify',
      ]);
    },
  });
  return { cert, key, ca, clientAuth };
});
