import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { packet } from '../testing/cluster.ts';
import { listening } from '../testing/listening.ts';
import { clusterResponder } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import { decodeMessage, encodeMessage } from '../wire/index.ts';

const web = (id: number) => encodeMessage(packet('web.default.svc.cluster.local', id));

test('junk and answers are met with silence and the next query is answered', async (t) => {
  const port = await listening(t, clusterResponder(sample()));
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const answer = web(2);
  answer.writeUInt16BE(0x8000, 2);
  for (const silent of [Buffer.from('junk'), Buffer.alloc(0), answer]) socket.send(silent, port, '127.0.0.1');
  socket.send(web(1), port, '127.0.0.1');
  const [response] = await once(socket, 'message');
  assert.equal(decodeMessage(response).id, 1);
});

test('the largest packet is read', async (t) => {
  const port = await listening(t, clusterResponder(sample()));
  const socket = createSocket({ type: 'udp4', sendBufferSize: 1024 * 1024 });
  t.after(() => socket.close());
  socket.send(Buffer.concat([web(3), Buffer.alloc(65_507 - web(3).length)]), port, '127.0.0.1');
  const [response] = await once(socket, 'message');
  assert.equal(decodeMessage(response).answer.length, 1);
});
