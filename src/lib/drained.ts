// Waiting for a stream to have room again.

import type { Writable } from 'node:stream';

/** Resolves when the stream takes more, or will never take anything again. */
export const whenDrained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle);
    if (stream.destroyed || !stream.writableNeedDrain) settle();
  });
