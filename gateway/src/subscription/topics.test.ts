import type { CloudEvent } from '@hubgraph/kit/events';
import { describe, expect, it } from 'vitest';
import { testEvents } from '../../../test/harness/event-graph.ts';
import { catalogueOf, valueAt } from './catalogue.ts';
import type { Entry } from './source.ts';
import { createTopics, topicOf, type Delivery } from './topics.ts';

const catalogue = catalogueOf(testEvents);
let seq = 0;
const entry = (type: string, data: Record<string, unknown> = {}, domain?: string): Entry => ({ seq: ++seq, raw: new Uint8Array(), event: { type, data, domain } as unknown as CloudEvent });
const typesOf = (...types: string[]): string[] => [...topicOf(catalogue, 'hubEvents', { types }).types].map((type) => type.replace(/^org\./, '')).sort();

describe('patterns of hubEvents', () => {
  it.each([
    ['org.statehub.workstream.completed', ['statehub.workstream.completed']],
    ['org.statehub.*.recorded', ['statehub.progress.recorded']],
    ['org.*.alert.*', ['opshub.alert.noticed', 'opshub.alert.raised']],
    ['org.statehub.workstream.>', ['statehub.workstream.activated', 'statehub.workstream.completed', 'statehub.workstream.proposed']],
    ['*.opshub.>', ['opshub.alert.noticed', 'opshub.alert.raised', 'opshub.bill.paid']],
  ])('%s', (pattern, types) => expect(typesOf(pattern)).toEqual(types));

  it('">" stands for one word at least, "*" for exactly one', () => {
    for (const pattern of ['org.statehub.workstream.completed.>', 'org.statehub.*', 'org.*', 'statehub.>']) expect(() => typesOf(pattern)).toThrow('No hub has events');
    for (const pattern of ['org.', '', 'org.>.x', 'org.st*', 'ORG.>', 'org..x', 'org. x']) expect(() => typesOf(pattern)).toThrow('is not made of words');
    expect(() => typesOf(...Array.from({ length: 33 }, () => 'org.>'))).toThrow('at most 32');
  });

  it('reads only the streams that can have such events', () => {
    expect(topicOf(catalogue, 'hubEvents', { types: ['org.opshub.>'] }).hubs).toEqual(['ops']);
    expect(topicOf(catalogue, 'hubEvents', { types: ['org.>'] }).hubs).toEqual(['governance', 'ops']);
  });
});

describe('filters', () => {
  it('need a value among those named at every path, of a list any', () => {
    const topic = topicOf(catalogue, 'workstreamChanged', { filter: { domains: ['a', 'b'], ids: ['7'], statuses: null } });
    const matches = (domain: string | undefined, id: unknown): boolean => topic.matches(entry('org.statehub.workstream.completed', { id }, domain).event);
    expect([matches('a', '7'), matches('b', 7), matches('a', ['1', '7'])]).toEqual([true, true, true]);
    expect([matches('c', '7'), matches(undefined, '7'), matches('a', '8'), matches('a', undefined), matches('a', null)]).toEqual([false, false, false, false, false]);
  });

  it('have equal keys when they mean the same', () => {
    const key = (filter: object | undefined): string => topicOf(catalogue, 'workstreamChanged', { filter }).key;
    expect(key({ domains: ['a', 'b'] })).toBe(key({ ids: null, domains: ['b', 'a', 'a'] }));
    expect(key({})).toBe(key(undefined));
    expect(key({ domains: ['a'] })).not.toBe(key({ ids: ['a'] }));
  });

  it('look only at what an event itself has', () => {
    expect(valueAt({ data: { code: 1 } }, 'data.code')).toBe(1);
    for (const path of ['data.constructor', '__proto__', 'data.code.x', 'toString']) expect(valueAt({ data: { code: 1 } }, path)).toBeUndefined();
  });
});

describe('seats', () => {
  it('share one delivery between equal topics and end when disposed', () => {
    const topics = createTopics();
    const got: Delivery[] = [];
    const take = (filter: object) => topics.take('governance', topicOf(catalogue, 'workstreamChanged', { filter }), (delivery) => got.push(delivery));
    const seats = [take({ domains: ['a'] }), take({ domains: ['a'] }), take({ domains: ['b'] })];
    const dispatch = (domain: string): number => topics.dispatch('governance', entry('org.statehub.workstream.activated', {}, domain), () => ({}));
    expect([dispatch('a'), dispatch('b'), dispatch('c'), topics.seats]).toEqual([2, 1, 0, 3]);
    expect(got[0]).toBe(got[1]);
    expect(topics.dispatch('ops', entry('org.statehub.workstream.activated', {}, 'a'), () => ({}))).toBe(0);
    for (const seat of [...seats, ...seats]) seat[Symbol.dispose]();
    expect([dispatch('a'), dispatch('b'), topics.seats]).toEqual([0, 0, 0]);
  });

  it('may be given up and taken while an event is handed out', () => {
    const topics = createTopics();
    const topic = topicOf(catalogue, 'alertChanged', {});
    let calls = 0;
    const seat = topics.take('ops', topic, () => {
      calls++;
      seat[Symbol.dispose]();
    });
    const dispatch = (): number => topics.dispatch('ops', entry('org.opshub.alert.raised'), () => ({}));
    dispatch();
    dispatch();
    expect([calls, topics.seats]).toEqual([1, 0]);
    topics.take('ops', topic, () => calls++);
    dispatch();
    expect(calls).toBe(2);
  });
});
