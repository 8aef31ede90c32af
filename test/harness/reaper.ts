import { spawn } from 'node:child_process';

/**
 * Ends a server of ours and removes its folder when our process ends before it could itself: interrupted, out of memory,
 * killed. A shell waits for the end of a pipe from us, which comes however we end.
 *
 * @returns calls it off
 */
export function reapAfterUs(pid: number, folder: string): () => void {
  const reaper = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$1"; rm -rf "$2"', 'sh', String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  reaper.unref();
  // the pipe must not keep us alive
  (reaper.stdin as unknown as { unref(): void }).unref();
  return () => void reaper.kill('SIGKILL');
}
