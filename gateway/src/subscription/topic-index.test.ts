import type { CloudEvent } from '@hubgraph/kit/events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testEvents } from '../../../test/harness/event-graph.ts';
import { catalogueOf, type EventsFile } from './catalogue.ts';
import { createScan } from './scan.ts';
import { createTopicIndex } from './topic-index.ts';
import { topicOf, type Topic } from './topics.ts';

const typed = { name: 'types', path: 'type', type: '[String!]' };
const file: EventsFile = { ...testEvents, subscriptions: testEvents.subscriptions.map((feed) => ({ ...feed, filter: [...feed.filter, typed] })) };
const catalogue = catalogueOf(file);
const types = ['org.statehub.workstream.proposed', 'org.statehub.workstream.activated', 'org.statehub.progress.recorded', 'org.opshub.alert.raised'];

const word = fc.constantFrom('a', 'b', 'c', 'd');
const some = (values: fc.Arbitrary<string>) => fc.option(fc.array(values, { minLength: 1, maxLength: 3 }), { nil: undefined });
const topics: fc.Arbitrary<Topic> = fc.oneof(
  fc.record({ domains: some(word), ids: some(word), statuses: some(fc.constantFrom('ACTIVE', 'COMPLETED')), types: some(fc.constantFrom('org.statehub.workstream.*', 'org.*.workstream.activated', 'org.statehub.workstream.proposed')) })
    .map((filter) => topicOf(catalogue, 'workstreamChanged', { filter })),
  fc.record({ severities: some(word), ids: some(word) }).map((filter) => topicOf(catalogue, 'alertChanged', { filter })),
  some(word).map((domains) => topicOf(catalogue, 'hubEvents', { types: ['org.>'], domains })),
);
const events = fc.record({
  type: fc.constantFrom(...types), domain: fc.option(word, { nil: undefined }),
  data: fc.record({ id: fc.oneof(word, fc.array(word, { maxLength: 3 })), to: fc.constantFrom('ACTIVE', 'COMPLETED', null), severity: word }),
}).map((event) => event as unknown as CloudEvent);

describe('the index of topics', () => {
  it('finds what a look at every topic finds, however topics come and go', () => {
    fc.assert(fc.property(fc.array(fc.tuple(topics, fc.boolean()), { maxLength: 40 }), fc.array(events, { minLength: 1, maxLength: 20 }), (all, happening) => {
      const index = createTopicIndex<{ readonly topic: Topic }>();
      const items = all.map(([topic]) => ({ topic }));
      for (const item of items) index.add(item);
      for (const [place, item] of items.entries()) if (all[place]![1]) index.delete(item);
      const left = items.filter((_, place) => !all[place]![1]);
      for (const event of happening) expect(new Set(index.matching(event))).toEqual(new Set(left.filter(({ topic }) => topic.matches(event))));
    }), { numRuns: 300 });
  });

  it('takes wildcards in the types of a feed, and refuses those that fit nothing of it', () => {
    const typesOf = (...patterns: string[]) => [...topicOf(catalogue, 'workstreamChanged', { filter: { types: patterns } }).types].sort();
    expect(typesOf('org.statehub.workstream.*')).toEqual(['org.statehub.workstream.activated', 'org.statehub.workstream.completed', 'org.statehub.workstream.proposed']);
    expect(typesOf('org.*.workstream.completed', 'org.statehub.workstream.activated')).toEqual(['org.statehub.workstream.activated', 'org.statehub.workstream.completed']);
    expect(() => typesOf('org.opshub.>')).toThrow('workstreamChanged has no events of type "org.opshub.>"');
    expect(() => typesOf('org.>.x')).toThrow('is not made of words');
    expect(() => typesOf()).toThrow('filter.types is empty');
  });
});

describe('a scan', () => {
  it('finds every event of its topic once and in order, for readers that begin and pause anywhere', () => {
    fc.assert(fc.property(
      fc.array(events, { minLength: 1, maxLength: 200 }), fc.nat(20), topics, fc.array(fc.tuple(fc.nat(200), fc.nat(9)), { minLength: 1, maxLength: 60 }),
      (happening, forgotten, topic, reads) => {
        const last = happening.length;
        const at = (seq: number) => (seq > forgotten && seq <= last ? { seq, event: happening[seq - 1]!, raw: new Uint8Array() } : undefined);
        const scan = createScan({ at, tail: ['epoch', last] }, topic);
        using _ = scan.use();
        const readers = Array.from({ length: 10 }, () => ({ at: undefined as number | undefined, from: 0, got: [] as number[] }));
        const step = (reader: (typeof readers)[number]): boolean => {
          const found = scan.next(reader.at!);
          if (!found) return false;
          expect(found.upTo).toBeGreaterThan(reader.at!);
          if (found.entry) reader.got.push(found.entry.seq);
          reader.at = found.upTo;
          return true;
        };
        for (const [from, name] of reads) {
          const reader = readers[name]!;
          reader.at ??= reader.from = Math.min(last, Math.max(forgotten, from));
          step(reader);
        }
        for (const reader of readers) {
          if (reader.at === undefined) continue;
          while (step(reader)) ;
          expect(reader.at).toBe(last);
          expect(reader.got).toEqual(happening.flatMap((event, index) => (index + 1 > reader.from && topic.matches(event) ? [index + 1] : [])));
        }
        if (forgotten > 0) expect(scan.next(forgotten - 1)).toBeUndefined();
      },
    ), { numRuns: 300 });
  });
});
