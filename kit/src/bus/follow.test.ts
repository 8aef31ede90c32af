import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventPublisher, type EventPublisher } from '../../../test/harness/event-publisher.ts';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { until } from '../../../test/harness/until.ts';
import { connectBus } from './bus.ts';
import { followStream, type Following, type Place } from './follow.ts';

let nats: TestNats;
let publisher: EventPublisher;
const log = pino({ level: 'silent' });

beforeAll(async () => {
  nats = await startNats();
  publisher = await eventPublisher(nats.url, { governance: 'statehub' });
});
afterAll(async () => {
  await publisher[Symbol.asyncDispose]();
  await nats.stop();
});

/** A follower's memory that outlives it, as a database would; `broken` makes the taking of an id fail. */
function memory(place: Place | null = null) {
  const state = { place, taken: [] as string[], aside: [] as [string, string][], gaps: [] as number[], attempts: new Map<string, number>(), broken: new Map<string, Error>() };
  const following: Following = {
    stream: 'EVENTS_GOVERNANCE',
    place: async () => state.place,
    concerns: ({ event }) => event.type !== 'org.statehub.progress.recorded',
    async take({ event, seq }, epoch) {
      const id = String(event.data.id);
      state.attempts.set(id, (state.attempts.get(id) ?? 0) + 1);
      const failure = state.broken.get(id);
      if (failure) throw failure;
      state.taken.push(id);
      state.place = { epoch, position: seq };
    },
    async setAside({ event, seq }, epoch, reason) {
      state.aside.push([String(event.data.id), reason]);
      state.place = { epoch, position: seq };
    },
    async pass(to) {
      state.place = to;
    },
    async gap(to, missed) {
      state.gaps.push(missed);
      state.place = to;
    },
  };
  return { state, following };
}
type Memory = ReturnType<typeof memory>;

async function follow({ following }: Memory, url = nats.url) {
  const bus = connectBus(url, log);
  const followed = followStream({ bus, following, part: 'test.follows', log });
  const stop = async () => {
    await followed.stop();
    await bus.close();
  };
  onTestFinished(stop);
  return { ...followed, stop };
}
const task = (id: string) => ({ type: 'org.statehub.task.stale', data: { id } });
const progress = (id: string) => ({ type: 'org.statehub.progress.recorded', data: { id } });
const names = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `t${from + index}`);

it('takes what concerns it from the beginning, in order, and goes on where it stopped', async () => {
  await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await publisher.publish('governance', ...names(20).flatMap((id) => [task(id), progress(id)]));
  const one = memory();
  const first = await follow(one);
  await until('twenty events', () => one.state.taken.length === 20);
  await first.stop();
  await publisher.publish('governance', ...names(20, 20).map(task));
  await follow(one);
  await until('forty events', () => one.state.taken.length === 40);
  expect(one.state.taken).toEqual(names(40));
});

it('keeps its place behind many events without effect, and when it stops', async () => {
  const epoch = await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await publisher.publish('governance', ...names(1_200).map(progress));
  const one = memory();
  const first = await follow(one);
  await until('a place behind a thousand', () => (one.state.place?.position ?? 0) >= 1_000);
  await until('all read', () => first.health().ready);
  await publisher.publish('governance', task('last'));
  await until('the last', () => one.state.taken.length === 1);
  expect(one.state.place).toEqual({ epoch, position: 1_201 });
});

it('sets an event aside after three tries and goes on; an outage is waited out and counts for nothing', async () => {
  await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  const one = memory();
  one.state.broken.set('t1', new Error('unfit'));
  one.state.broken.set('t3', Object.assign(new Error('the database is gone'), { code: 'P1001' }));
  const { health } = await follow(one);
  await publisher.publish('governance', ...names(5).map(task));
  await until('an outage', () => (one.state.attempts.get('t3') ?? 0) >= 3);
  expect(health()).toMatchObject({ ready: false, reason: 'the database does not answer' });
  expect(one.state.taken).toEqual(['t0', 't2']);
  one.state.broken.delete('t3');
  await until('the rest', () => one.state.taken.length === 4);
  expect(one.state.taken).toEqual(['t0', 't2', 't3', 't4']);
  expect(one.state.aside).toEqual([['t1', 'unfit']]);
  expect(one.state.attempts.get('t1')).toBe(3);
  expect(health().ready).toBe(true);
});

it('says how many events were gone before it read them, and goes on behind the gap', async () => {
  const epoch = await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await publisher.publish('governance', ...names(10).map(task));
  await publisher.purge('governance', 6);
  const one = memory({ epoch, position: 2 });
  await follow(one);
  await until('what is left', () => one.state.taken.length === 4);
  expect(one.state.gaps).toEqual([4]);
  expect(one.state.taken).toEqual(names(4, 6));
});

it('follows a stream that began anew from its beginning', async () => {
  await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await publisher.publish('governance', ...names(3).map(task));
  const one = memory();
  await follow(one);
  await until('three', () => one.state.taken.length === 3);
  await publisher.deleteStream('governance');
  await publisher.createStream('governance');
  await publisher.publish('governance', ...names(2, 10).map(task));
  await until('two more', () => one.state.taken.length === 5);
  expect(one.state.taken).toEqual([...names(3), ...names(2, 10)]);
});

it('survives a kill -9 of NATS without a gap', async () => {
  await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  const one = memory();
  await follow(one);
  await publisher.publish('governance', ...names(50).map(task));
  await nats.kill();
  await nats.restart();
  await publisher.publish('governance', ...names(50, 50).map(task));
  await until('a hundred', () => one.state.taken.length === 100);
  expect(one.state.taken).toEqual(names(100));
});

it('is content where there is no stream yet', async () => {
  const one = memory();
  const { health } = await follow(one);
  await until('NATS', () => health().ready);
  await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await publisher.publish('governance', task('first'));
  await until('the first', () => one.state.taken.length === 1);
});

it('says how far it is, and waits on request for all that the stream holds', async () => {
  const one = memory();
  const { view, reach } = await follow(one);
  await until('the missing stream', () => view().missing);
  expect(view()).toMatchObject({ done: 0, last: null, asOf: null });
  expect(await reach(1_000)).toBe(false);
  const epoch = await publisher.createStream('governance');
  onTestFinished(() => publisher.deleteStream('governance'));
  await until('the stream', () => view().last !== null);
  expect(one.state.place, 'which stream is followed is known from the first contact on').toEqual({ epoch, position: 0 });
  for (let round = 1; round <= 20; round++) {
    await publisher.publish('governance', ...names(10, round * 10).map((id, index) => (index % 2 ? task(id) : progress(id))));
    const asked = new Date();
    expect(await reach(5_000)).toBe(true);
    expect(one.state.taken).toHaveLength(5 * round);
    expect(view()).toMatchObject({ missing: false, done: 10 * round, last: 10 * round });
    expect(view().asOf!.getTime()).toBeGreaterThanOrEqual(asked.getTime());
  }
});

it('does not claim to have reached what it cannot take in, or cannot see', async () => {
  await using own = await startNats();
  await using there = await eventPublisher(own.url, { governance: 'statehub' });
  await there.createStream('governance');
  const one = memory();
  one.state.broken.set('t1', Object.assign(new Error('the database is gone'), { code: 'P1001' }));
  const { view, reach } = await follow(one, own.url);
  await there.publish('governance', ...names(3).map(task));
  await until('an outage', () => one.state.attempts.has('t1'));
  expect(await reach(100)).toBe(false);
  expect(view()).toMatchObject({ done: 1, last: 3, trouble: 'the database does not answer' });
  one.state.broken.clear();
  expect(await reach(5_000)).toBe(true);
  const before = view().asOf!;
  await own.kill();
  await until('the loss', () => view().trouble !== undefined);
  expect(await reach(100)).toBe(false);
  const lost = view().asOf!;
  expect(lost.getTime()).toBeGreaterThanOrEqual(before.getTime());
  expect(view().asOf).toEqual(lost);
  await own.restart();
  await until('the return', () => reach(5_000));
  expect(view().asOf!.getTime()).toBeGreaterThan(lost.getTime());
});
