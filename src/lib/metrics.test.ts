import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregated, Counter, Histogram, type Metric } from './metrics.ts';

const samplesOf = async ({ samples }: Metric) => [...(await samples())].map((sample) => Object.values(sample));

test('parts that count for themselves are told as one: sums, or the highest', async () => {
  const counted = (name: string, by: number): Metric => {
    const counter = new Counter();
    counter.add({ part: name }, by);
    counter.add({ part: 'all' }, by);
    return { name: 'seen_total', help: 'Seen.', type: 'counter', samples: () => counter.samples() };
  };
  const observed = (...values: number[]): Metric => {
    const histogram = new Histogram([1, 2]);
    for (const value of values) histogram.observe(value);
    return { name: 'seconds', help: 'How long.', type: 'histogram', samples: () => histogram.samples('seconds', {}) };
  };
  const written = (value: number): Metric => ({
    ...{ name: 'written', help: 'When.', type: 'gauge', aggregator: 'max' },
    samples: async () => [{ labels: {}, value }],
  });
  const all = [counted('a', 1), observed(1), written(7), counted('b', 2), observed(2, 3), written(5)];
  const [seen, seconds, last, ...others] = aggregated(all) as [Metric, Metric, Metric];
  assert.equal(others.length, 0);
  assert.deepEqual(await samplesOf(seen), [
    [{ part: 'a' }, 1],
    [{ part: 'all' }, 3],
    [{ part: 'b' }, 2],
  ]);
  assert.deepEqual(await samplesOf(seconds), [
    ['seconds_bucket', { le: 1 }, 1],
    ['seconds_bucket', { le: 2 }, 2],
    ['seconds_bucket', { le: '+Inf' }, 3],
    ['seconds_sum', {}, 6],
    ['seconds_count', {}, 3],
  ]);
  assert.deepEqual(await samplesOf(last), [[{}, 7]]);
});
