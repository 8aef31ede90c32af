import type { Bus } from '@hubgraph/kit/bus/bus';
import { createCatchUp } from '@hubgraph/kit/bus/catch-up';
import { viewOf } from '@hubgraph/kit/bus/tap';
import { PublicError } from '@hubgraph/kit/errors';
import type { CloudEvent } from '@hubgraph/kit/events';
import { foreignItemOf, follows } from '../lifecycle/foreign.ts';
import type { ClosureHub, ForeignItem } from '../model.ts';
import { HUB_STREAMS } from '../lifecycle/foreign.ts';

/** How long the whole of a stream may take to read. */
const FOLD_MS = 120_000;

/** What a stream comes to that is read from its beginning to where it ends now. Events that cannot be read are passed over. */
export async function foldStream(bus: Bus | undefined, hub: ClosureHub): Promise<{ epoch: string; position: number; items: ForeignItem[] }> {
  const { stream } = HUB_STREAMS[hub];
  const connection = bus?.connection();
  if (bus === undefined || connection === undefined) throw new PublicError('HUB_UNAVAILABLE', `The stream of ${hub} cannot be read: ${bus?.trouble() ?? 'NATS is not configured'}.`, { hub: 'governance' });
  const signal = AbortSignal.timeout(FOLD_MS);
  const { epoch, first, last } = await viewOf(connection, stream);
  const fold = foldEvents();
  for (let at = 1; at <= last; ) {
    const batch = await createCatchUp(bus, stream).read(epoch, at, signal);
    if (batch[0]?.seq !== at) throw new PublicError('CURSOR_EXPIRED', `${stream} begins at ${Math.max(first, batch[0]?.seq ?? first)} and does not hold all any more: rebuild from the lists of ${hub}.`, { firstAvailable: first });
    for (const { event } of batch) if (event !== undefined) fold.take(event);
    at = batch.at(-1)!.seq + 1;
  }
  return { epoch, position: last, items: fold.items() };
}

/** Folds events in the order of their stream into what they come to. */
export function foldEvents() {
  const known = new Map<string, ForeignItem>();
  return {
    take(event: CloudEvent): void {
      let item: ForeignItem | null;
      try {
        item = foreignItemOf(event);
      } catch {
        return;
      }
      if (item === null) return;
      const key = `${item.noun}/${item.id}`;
      known.set(key, follows(known.get(key), item));
    },
    /** What is waited for, and what leads to it. */
    items: (): ForeignItem[] => [...known.values()].filter(({ waits, noun }) => waits || noun === 'Service'),
  };
}
