import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { DataDir } from './folder.ts';

/** For which hubs the question of sample data is settled, and how. */
type Settled = Record<string, { readonly sample: 'yes' | 'none'; readonly at: string }>;

/** Remembers that a hub has had its first start, so that sample data is put in at most then. */
export interface SampleRecord {
  isSettled(hub: string): boolean;
  settle(hub: string, sample: 'yes' | 'none'): void;
}

/** Reads `sample.json`; it lies beside the embedded database and goes with it. */
export function openSampleRecord(dir: DataDir): SampleRecord {
  const path = dir.file('sample.json');
  let settled: Settled;
  try {
    settled = JSON.parse(readFileSync(path, 'utf8')) as Settled;
  } catch {
    settled = {};
  }
  return {
    isSettled: (hub) => hub in settled,
    settle(hub, sample) {
      settled = { ...settled, [hub]: { sample, at: new Date().toISOString() } };
      writeFileSync(`${path}.new`, `${JSON.stringify(settled, null, 2)}\n`);
      renameSync(`${path}.new`, path);
    },
  };
}
