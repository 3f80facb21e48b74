// reload [INTERVAL] [JITTER]: how often the configuration is looked at.

import type { ReloadSettings } from '../settings.ts';
import { durationMs } from '../values.ts';
import { once } from './reader.ts';

export const reload = once((line): ReloadSettings => {
  line.noProperties();
  const [interval = '30s', jitter = '15s'] = line.upToArguments(2, 'interval and jitter');
  const intervalMs = durationMs(line, interval, 2000, 'at least 2s');
  const jitterMs = durationMs(line, jitter);
  if (jitterMs !== 0 && jitterMs < 1000) throw line.mustBe(jitter, '0s, or a duration of at least 1s');
  return { intervalMs, jitterMs: Math.min(jitterMs, intervalMs / 2) };
});
