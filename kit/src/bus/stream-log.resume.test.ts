import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectBus, type Bus } from '@hubgraph/kit/bus/bus';
import { CursorExpired } from '@hubgraph/kit/bus/outcomes';
import { openStreamLog, type LogReport, type StreamLog } from '@hubgraph/kit/bus/stream-log';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { quiet } from '../../../test/harness/outbox.ts';
import { until } from '../../../test/harness/until.ts';

const HUB = 'kit';
let nats: TestNats;
let publisher: EventPublisher;
let bus: Bus;
beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, { [HUB]: 'kithub' });
  bus = connectBus(nats.url, quiet);
});
afterAll(async () => {
  await bus.close();
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

/** What happens to the stream, in this order. Places are shares of what it has by then. */
type Step =
  | { readonly publish: number }
  | { readonly purge: number }
  /** Resumes there; pauses after so many events until all else is over, so that the ring moves on without it. */
  | { readonly resume: number; readonly pause: number };
const share = fc.double({ min: 0, max: 1, noNaN: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ publish: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 1, arbitrary: fc.record({ purge: share }) },
  { weight: 4, arbitrary: fc.record({ resume: share, pause: fc.oneof(fc.constant(Infinity), fc.nat(40)) }) },
);
const ring = fc.record({ events: fc.integer({ min: 1, max: 200 }), bytes: fc.constantFrom(1, 3_000, 1_000_000) });

/** One who resumed, and what it got. */
interface Resumed {
  readonly after: number;
  readonly got: { readonly seq: number; readonly number: number }[];
  outcome: unknown;
}

function resume(log: StreamLog, after: number, pause: number, over: Promise<void>, signal: AbortSignal): Resumed {
  const resumed: Resumed = { after, got: [], outcome: undefined };
  const run = async (): Promise<void> => {
    for await (const { seq, event } of log.read(after, signal)) {
      resumed.got.push({ seq, number: Number(event.data.id) });
      if (resumed.got.length === pause) await over;
    }
  };
  run().catch((error: unknown) => (resumed.outcome = error));
  return resumed;
}
/** Where it stands: behind everything that it got. */
const placeOf = ({ after, got }: Resumed): number => got.at(-1)?.seq ?? after;

it('gives whoever resumes all that the stream holds behind its position, once and in order, or says what is gone', async () => {
  const seen = { catchUps: 0, expired: 0, whole: 0 };
  await fc.assert(
    fc.asyncProperty(ring, fc.nat(600), fc.array(step, { minLength: 4, maxLength: 10 }), async (size, before, steps) => {
      await publisher.createStream(HUB);
      let last = 0;
      let purged = 0;
      // an event's data is its own place, so that a wrong one is told from a missing one
      const publish = async (count: number): Promise<void> => {
        await publisher.publish(HUB, ...Array.from({ length: count }, (_, index) => ({ type: 'org.kithub.thing.changed', data: { id: last + index + 1 } })));
        last += count;
      };
      await publish(before);
      const reports: LogReport[] = [];
      const log = openStreamLog({ bus, stream: 'EVENTS_KIT', ring: size, log: quiet, report: (report) => reports.push(report) });
      const stopping = new AbortController();
      const over = Promise.withResolvers<void>();
      const all: Resumed[] = [];
      try {
        await log.opened();
        for (const one of steps) {
          if ('publish' in one) {
            await publish(one.publish);
          } else if ('purge' in one) {
            purged = Math.max(purged, Math.floor(one.purge * last));
            // to NATS, up to nothing means everything
            if (purged > 0) await publisher.purge(HUB, purged);
          } else {
            all.push(resume(log, Math.floor(one.resume * last), one.pause, over.promise, stopping.signal));
          }
        }
        over.resolve();
        await publish(3);
        await until('everybody to be current or refused', () => all.every((one) => one.outcome !== undefined || placeOf(one) === last));
        for (const one of all) {
          const upTo = placeOf(one);
          expect(one.got).toEqual(Array.from({ length: upTo - one.after }, (_, index) => ({ seq: one.after + index + 1, number: one.after + index + 1 })));
          if (one.outcome === undefined) {
            seen.whole++;
            continue;
          }
          // nobody is refused for what is there
          expect(one.outcome).toBeInstanceOf(CursorExpired);
          const { firstAvailable, missed } = one.outcome as CursorExpired;
          expect(firstAvailable).toBeLessThanOrEqual(purged + 1);
          expect(missed).toBe(firstAvailable - upTo - 1);
          expect(missed).toBeGreaterThan(0);
          seen.expired++;
        }
        expect(log.stats().catchUps + log.stats().catchUpsWaiting).toBe(0);
        seen.catchUps += reports.filter(({ kind }) => kind === 'caughtUp').length;
      } finally {
        over.resolve();
        stopping.abort();
        await log.close();
        await publisher.deleteStream(HUB);
      }
    }),
    { numRuns: 12, examples: [[{ events: 20, bytes: 1_000_000 }, 900, [{ resume: 0, pause: 10 }, { resume: 0.5, pause: Infinity }, { publish: 300 }, { purge: 0.2 }, { resume: 0.1, pause: Infinity }, { resume: 0.3, pause: 5 }, { publish: 50 }]]] },
  );
  // all three ways were gone
  expect(Math.min(seen.catchUps, seen.expired, seen.whole)).toBeGreaterThan(0);
}, 60_000);
