import type { Identity } from '@hubgraph/kit/identity';
import { LRUCache } from 'lru-cache';
import type { Reporter } from '../observe/reporter.ts';
import type { Prepared } from '../query/engine.ts';
import { admission, authorisationClass, type Admission } from './admit.ts';
import type { Catalogue } from './catalogue.ts';
import { classKey, type EventClass, type Frame, type Hydration } from './hydrate.ts';
import type { Pace } from './pace.ts';
import { bindingOf, cursorsOf } from './resume.ts';
import { NOWHERE, type Positions, type Source } from './source.ts';
import { createScan, type Scan } from './scan.ts';
import { writingSpan } from './event-trace.ts';
import type { Sink } from './subscribe.ts';
import { createTally } from './tally.ts';
import type { Backlog } from './view.ts';
import { topicOf, type Delivery, type Topic, type Topics } from './topics.ts';

/** One subscriber as its group sees it while it is at the tail. */
export interface Rider {
  readonly sink: Sink;
  /** Number of the first of the group's frames that it has not got. Kept by the group. */
  next: number;
  /** Frames that it got as a member of any group. Kept by the group. */
  delivered: number;
  /** Of the request that subscribed. */
  readonly traceparent?: string;
  /** It cannot take the event behind these positions, and has left: it has to read on from there by itself. */
  fellBehind(positions: Positions, hub: string, pos: number): void;
  /** The stream of `hub` broke off behind these positions, and it has left. */
  brokeOff(error: Error, hub: string, positions: Positions): void;
}

/**
 * Subscribers who get the same answers to the same events: same plan, same variables, same rights. Those of them who are at
 * the tail and can be written to have one seat there together, and each frame is written to all of them in one go.
 */
export interface Group extends EventClass, Admission {
  readonly topic: Topic;
  /**
   * The number of the first frame that one with these positions has not got, when the group still has that and all that
   * follow: it may {@link join} there in this turn of the event loop. Undefined when it has to read on by itself.
   */
  meets(positions: Positions): number | undefined;
  /** What of its topic is in memory of this hub's stream. */
  scan(hub: string): Scan;
  /** Takes in one that gets the frames from this number on. */
  join(rider: Rider, from: number): void;
  leave(rider: Rider): void;
  /** Resuming from here, a rider misses nothing and gets nothing twice. */
  placeOf(rider: Rider): Positions;
  /** What waits for a rider. */
  backlogOf(rider: Rider): Backlog;
}

/** What groups need. */
export interface GroupSurroundings {
  readonly catalogue: Catalogue;
  readonly sources: ReadonlyMap<string, Source>;
  readonly topics: Topics;
  readonly hydration: Hydration;
  readonly cursorKeys: readonly string[];
  readonly pace: Pace;
  readonly reporter: Reporter;
  /** Where readers of these hubs stand, each at its source's tail. */
  readonly positionsOf: (hubs: readonly string[]) => Positions;
  /** Events of one group that may wait for their answers. */
  readonly most: number;
}

/** Whose events are answered how. */
export interface Membership {
  readonly prepared: Prepared;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
}

/** The groups of one gateway. */
export interface Groups {
  /** @throws PublicError `BAD_USER_INPUT`, `FORBIDDEN`: there is no event that could come. */
  of(membership: Membership): Group;
}

/** A group that is forgotten goes on for its members; only newcomers share with others then. */
const KEPT = 10_000;
/** Answers in the making at once for one group: what waits meanwhile is asked of the hubs together. */
const WAVE = 100;
/** Members between two looks at the clock. */
const STRETCH = 32;

/** Keeps groups by what decides about them. */
export function createGroups(surroundings: GroupSurroundings): Groups {
  const known = new LRUCache<string, Group>({ max: KEPT });
  return {
    of(membership) {
      const key = classKey(membership);
      let group = known.get(key);
      if (!group) known.set(key, (group = createGroup(surroundings, key, membership)));
      return group;
    },
  };
}

/** One event on its way to the members, or the end of a stream for them. */
interface Step {
  readonly number: number;
  readonly delivery?: Delivery;
  broken?: { readonly error: Error; readonly hub: string; readonly positions: Positions };
  frame?: Promise<Frame>;
}

function createGroup(surroundings: GroupSurroundings, key: string, { prepared, variables, arguments: args, identity }: Membership): Group {
  const { catalogue, sources, topics, hydration, cursorKeys, pace, reporter, positionsOf, most } = surroundings;
  const topic = topicOf(catalogue, prepared.subscription?.field ?? '', args);
  const { admits } = admission(catalogue, topic, identity);
  const cursors = cursorsOf(cursorKeys, topic, bindingOf(topic, authorisationClass(identity)));
  const riders = new Set<Rider>();
  const scans = new Map<string, Scan>();
  let seats: Disposable[] = [];
  let steps: Step[] = [];
  /** How many of the first steps have their answers in the making. */
  let made = 0;
  let next = 0;
  let writing = false;
  /** By hub, the last event that is no step any more. */
  const passed = new Map<string, number>();

  /** Where whoever has everything before `step` stands. */
  const before = ({ delivery, broken }: Step): Positions => {
    if (!delivery) return broken?.positions ?? {};
    const [epoch = ''] = delivery.positions[delivery.hub] ?? [];
    return { ...delivery.positions, [delivery.hub]: [epoch, delivery.entry.seq - 1] };
  };

  const fallBehind = (rider: Rider, step: Step): void => {
    riders.delete(rider);
    const hub = step.delivery?.hub ?? '';
    rider.fellBehind(before(step), hub, (step.delivery?.entry.seq ?? 1) - 1);
  };

  const receive = (delivery: Delivery): void => {
    if (!admits(delivery.entry.event.type)) return;
    if (steps.length < most) return push({ number: next++, delivery });
    // the hubs are slower than the events: the log keeps what memory should not
    const all = [...steps, { number: next++, delivery }];
    [steps, made] = [[], 0];
    all.forEach(pass);
    for (const rider of [...riders]) fallBehind(rider, all.find(({ number }) => number >= rider.next) as Step);
    rise();
  };
  const pass = ({ delivery }: Step): void => {
    if (delivery) passed.set(delivery.hub, delivery.entry.seq);
  };
  const push = (step: Step): void => {
    steps.push(step);
    if (made === steps.length - 1) makeAhead();
    if (!writing) void write();
  };
  /** Half a wave at a time: one answer after the other would be one call to the hubs after the other. */
  const makeAhead = (): void => {
    if (made > WAVE / 2 && made < steps.length - 1) return;
    for (; made < steps.length && made < WAVE; made++) {
      const step = steps[made] as Step;
      if (step.delivery) step.frame = hydration.frameOf(group, step.delivery);
    }
  };
  const answerTo = async (step: Step): Promise<Frame | undefined> => {
    try {
      return await step.frame;
    } catch (error) {
      // never the answer's own errors: a fault of ours, which must not hold up the group for ever
      step.broken = { error: error as Error, hub: step.delivery?.hub ?? '', positions: before(step) };
      return undefined;
    }
  };

  const write = async (): Promise<void> => {
    writing = true;
    for (let step = steps[0]; step; step = steps[0]) {
      const frame = await answerTo(step);
      if (steps[0] !== step) continue;
      const tally = step.delivery && createTally(step.delivery, reporter);
      const span = step.delivery && frame && writingSpan(frame, step.delivery.entry.event.type, riders);
      let looked = 0;
      for (const rider of riders) {
        if (rider.next > step.number) continue;
        if (looked++ % STRETCH === 0) {
          tally?.tell();
          while (pace.spent) await pace.turn();
        }
        if (!riders.has(rider)) continue;
        if (steps[0] !== step) break;
        if (give(rider, step, frame)) tally?.add(rider.sink.transport);
      }
      tally?.tell();
      span?.set({ 'hubgraph.clients': looked });
      span?.end();
      if (steps[0] !== step) continue;
      steps.shift();
      pass(step);
      made--;
      makeAhead();
    }
    writing = false;
    rise();
  };
  /** True when a frame was written. */
  const give = (rider: Rider, step: Step, frame: Frame | undefined): boolean => {
    if (step.broken) {
      riders.delete(rider);
      const { error, hub, positions } = step.broken;
      rider.brokeOff(error, hub, positions);
      return false;
    }
    if (!rider.sink.open) {
      fallBehind(rider, step);
      return false;
    }
    rider.next = step.number + 1;
    if (!frame) return false;
    rider.delivered++;
    try {
      rider.sink.write(frame);
    } catch (error) {
      riders.delete(rider);
      rider.brokeOff(error as Error, step.delivery?.hub ?? '', before(step));
    }
    return true;
  };

  const sit = (): void => {
    for (const hub of topic.hubs) {
      passed.set(hub, sources.get(hub)?.tail?.[1] ?? 0);
      seats.push(topics.take(hub, topic, receive, () => riders.size));
      // the tail is still known then
      const unlisten = sources.get(hub)?.onBreak((error) => push({ number: next++, broken: { error, hub, positions: positionsOf(topic.hubs) } }));
      if (unlisten) seats.push({ [Symbol.dispose]: unlisten });
    }
  };
  const rise = (): void => {
    if (riders.size > 0 || steps.length > 0) return;
    for (const seat of seats) seat[Symbol.dispose]();
    seats = [];
  };

  const meets = (positions: Positions): number | undefined => {
    const isNear = topic.hubs.every((hub) => {
      const tail = sources.get(hub)?.tail;
      const [epoch, pos] = positions[hub] ?? NOWHERE;
      // without a seat it gets nothing that came before it joins
      return tail !== undefined && epoch === tail[0] && pos <= tail[1] && pos >= (seats.length > 0 ? passed.get(hub)! : tail[1]);
    });
    if (!isNear) return undefined;
    const lacks = ({ delivery }: Step): boolean => delivery === undefined || delivery.entry.seq > (positions[delivery.hub]?.[1] ?? 0);
    const first = steps.findIndex(lacks);
    if (first < 0) return next;
    // of several streams it may have got a later event before an earlier one
    return steps.slice(first).every(lacks) ? steps[first]!.number : undefined;
  };

  const group: Group = {
    key, prepared, variables, identity: hydration.identityOf(identity), cursors, topic, admits, meets,
    scan(hub) {
      let scan = scans.get(hub);
      if (!scan) {
        const source = (): Source | undefined => sources.get(hub);
        scans.set(hub, (scan = createScan({ at: (seq) => source()?.at(seq), get tail() { return source()?.tail; } }, topic)));
      }
      return scan;
    },
    join(rider, from) {
      rider.next = from;
      riders.add(rider);
      if (seats.length === 0) sit();
    },
    leave(rider) {
      riders.delete(rider);
      if (!writing) rise();
    },
    placeOf(rider) {
      const step = steps.find(({ number }) => number >= rider.next);
      return step ? before(step) : positionsOf(topic.hubs);
    },
    backlogOf(rider) {
      const waiting = steps.filter(({ number }) => number >= rider.next);
      return { events: waiting.length, bytes: waiting.reduce((sum, { delivery }) => sum + (delivery?.entry.raw.byteLength ?? 0), 0) };
    },
  };
  return group;
}
