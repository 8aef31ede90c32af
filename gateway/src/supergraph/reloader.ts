import type { PartHealth } from '@hubgraph/kit/hub';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Reporter } from '../observe/reporter.ts';
import type { Staged } from '../query/engine.ts';
import type { EventsFile } from '../subscription/catalogue.ts';
import { readEvents, readEventsText } from './events-file.ts';
import { watchFiles, type FileWatch } from './watch.ts';

/** What became of a look at the files. */
export type Reloaded = { readonly outcome: 'unchanged' | 'entered' } | { readonly outcome: 'refused'; readonly reason: string };

/** Keeps a gateway on what its supergraph files say. */
export interface Reloader {
  /** Looks at the files and goes over to what is new in them; an earlier look is waited for. Never rejects. */
  reload(): Promise<Reloaded>;
  /** Ready also while a changed file is refused, since the former supergraph is served; `reason` says so. */
  health(): PartHealth;
  stop(): Promise<void>;
}

export interface ReloaderOptions {
  readonly supergraphPath: string;
  readonly eventsPath: string | undefined;
  /** What the gateway began with. */
  readonly began: { readonly supergraph: string; readonly events: string };
  /** Whether changes are noticed by themselves; else {@link Reloader.reload} is the only way. */
  readonly watch: boolean;
  stage(supergraphSdl: string): Promise<Staged>;
  enter(staged: Staged, events: EventsFile): Promise<{ readonly kept: number; readonly ended: number }>;
  readonly reporter: Reporter;
  readonly log: Logger;
}

/** Begins to look after the files where they are watched. */
export function openReloader(options: ReloaderOptions): Reloader {
  const { supergraphPath, eventsPath, began, stage, enter, reporter, log } = options;
  let served = digestOf(began.supergraph, began.events);
  let refused: { readonly digest: string; readonly reason: string } | undefined;
  let looking: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const look = async (asked: boolean): Promise<Reloaded> => {
    if (stopped) return { outcome: 'unchanged' };
    let digest = '';
    try {
      const [supergraph, text] = await Promise.all([readFile(supergraphPath, 'utf8'), readEventsText(eventsPath)]);
      digest = digestOf(supergraph, text);
      if (digest === served) {
        refused = undefined;
        return { outcome: 'unchanged' };
      }
      // what was refused is not tried again until it changes or somebody asks
      if (!asked && digest === refused?.digest) return { outcome: 'refused', reason: refused.reason };
      const begun = performance.now();
      const staged = await stage(supergraph);
      const events = readEvents(text, staged.schema);
      const { kept, ended } = await enter(staged, events);
      [served, refused] = [digest, undefined];
      log.info({ digest, kept, ended, warmed: staged.warmed, milliseconds: Math.round(performance.now() - begun) }, 'the supergraph was changed');
      reporter.report('supergraph.entered', { digest, kept, ended });
      return { outcome: 'entered' };
    } catch (error) {
      const reason = (error as Error).message.split('\n')[0]?.slice(0, 300) ?? '';
      if (refused?.digest !== digest || asked) {
        log.error({ digest, err: error }, 'the changed supergraph is refused; the former one is served on');
        reporter.report('supergraph.refused', { digest, reason });
      }
      refused = { digest, reason };
      return { outcome: 'refused', reason };
    }
  };
  const inTurn = (asked: boolean): Promise<Reloaded> => {
    const next = looking.then(() => look(asked));
    looking = next;
    return next;
  };
  const watching: FileWatch | undefined = options.watch ? watchFiles([supergraphPath, ...(eventsPath === undefined ? [] : [eventsPath])], () => void inTurn(false), log) : undefined;

  return {
    reload: () => inTurn(true),
    health: () => ({ part: 'gateway.supergraph', ready: true, reason: refused && `a changed file was refused, the former supergraph is served: ${refused.reason}` }),
    async stop() {
      stopped = true;
      watching?.stop();
      await looking;
    },
  };
}

function digestOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}\n`).update(text);
  return hash.digest('hex');
}
