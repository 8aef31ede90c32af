import type { Gauge, Registry } from 'prom-client';
import type { Source } from '../../subscription/source.ts';
import type { Ears, Observed } from './metrics.ts';
import { makeIn } from './make.ts';

/** Metrics of the streams that the gateway follows. */
export function streamMetrics(registry: Registry, observed: () => Observed | undefined): Ears {
  const { asked, counter } = makeIn(registry);
  const perStream = (name: string, help: string, value: (source: Source) => number): void =>
    asked(`stream_${name}`, help, ['hub'], (gauge: Gauge) => {
      for (const [hub, source] of observed()?.path.sources ?? []) gauge.set({ hub }, value(source));
    });
  perStream('up', 'Whether the live end of the hub\'s stream is being read (1).', (source) => (source.health().ready ? 1 : 0));
  perStream('tail', 'Position of the last event that was read.', (source) => source.tail?.[1] ?? 0);
  perStream('ring_events', 'Events in memory, for those who resume.', (source) => source.stats().ringEvents);
  perStream('ring_events_max', 'Most of them that are kept.', (source) => source.stats().bounds.events);
  perStream('ring_bytes', 'Bytes of events in memory.', (source) => source.stats().ringBytes);
  perStream('ring_bytes_max', 'Most of them that are kept.', (source) => source.stats().bounds.bytes);
  perStream('readers', 'Who reads the log by itself, one of them the gateway at the tail.', (source) => source.stats().readers);
  perStream('catch_ups', 'Reads of older events that are under way, at most eight.', (source) => source.stats().catchUps);
  perStream('catch_ups_waiting', 'Reads of older events that wait for their turn.', (source) => source.stats().catchUpsWaiting);
  perStream('consumers_opened', 'How often a consumer was made since the gateway began; one is there at a time.', (source) => source.stats().opens);

  const caughtUp = counter('stream_caught_up_events_total', 'Older events read for those who are behind what is in memory.', ['hub']);
  const interruptions = counter('stream_interruptions_total', 'How often the live end could not be read for a while.', ['hub']);
  const resets = counter('stream_resets_total', 'How often the stream began anew or lost events, which ends its subscriptions.', ['hub']);
  return {
    'stream.caughtUp': ({ hub, events }) => caughtUp.inc({ hub }, events),
    'stream.interrupted': ({ hub }) => interruptions.inc({ hub }),
    'stream.reset': ({ hub }) => resets.inc({ hub }),
  };
}
