import type { Progress } from '@hubgraph/artifacts/client/connection';
import { SingleBar } from 'cli-progress';
import { filesText, sizeText } from './connect.ts';

const WORDS = { hash: 'hashing', send: 'sending', verify: 'verifying', download: 'fetching' } as const satisfies Record<Progress['phase'], string>;
/** In milliseconds, between two lines where there is no terminal. */
const PAUSE = 10_000;

/** Shows how far long work is, on stderr: bars on a terminal, elsewhere a line for each phase and one every ten seconds. */
export function showProgress(quiet = false): { readonly on: (progress: Progress) => void; readonly stop: () => void } {
  let phase: Progress['phase'] | undefined;
  let bar: SingleBar | undefined;
  let told = 0;
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  const textOf = ({ files, totalFiles, bytes, totalBytes }: Progress) => ({ of: `${files}/${filesText(totalFiles)}, ${sizeText(bytes)} of ${sizeText(totalBytes)}` });
  return {
    stop,
    on(progress) {
      if (quiet) return;
      if (process.stderr.isTTY) {
        if (phase !== progress.phase) {
          stop();
          bar = new SingleBar({ format: `${WORDS[progress.phase].padEnd(9)} {bar} {percentage}% | {of} | {eta_formatted}`, barCompleteChar: '█', barIncompleteChar: '░', fps: 5, etaBuffer: 200, clearOnComplete: false, stream: process.stderr });
          bar.start(Math.max(1, progress.totalBytes), 0, textOf(progress));
        }
        bar?.update(progress.totalBytes === 0 ? 1 : progress.bytes, textOf(progress));
      } else {
        const now = performance.now();
        const ended = progress.files === progress.totalFiles;
        if (phase !== progress.phase || (now - told > PAUSE && !ended)) {
          told = now;
          console.error(phase === progress.phase ? `${WORDS[progress.phase]}: ${textOf(progress).of}` : `${WORDS[progress.phase]} ${filesText(progress.totalFiles)}, ${sizeText(progress.totalBytes)}`);
        }
      }
      phase = progress.phase;
    },
  };
}
