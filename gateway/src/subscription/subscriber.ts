import { PublicError } from '@hubgraph/kit/errors';
import type { Identity } from '@hubgraph/kit/identity';
import type { EndReason, Reporter } from '../observe/reporter.ts';
import type { Engine, Prepared } from '../query/engine.ts';
import { authorisationClass } from './admit.ts';
import type { Catalogue } from './catalogue.ts';
import type { Group, Groups, Rider } from './group.ts';
import type { Hydration } from './hydrate.ts';
import type { Bounds } from './queue.ts';
import { outcomeFor } from './resume.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';
import type { Positions, Source } from './source.ts';
import type { Served, Sink, Subscribe, Subscriber } from './subscribe.ts';
import type { Topics } from './topics.ts';
import { classId, type SubscriptionState, type SubscriptionView } from './view.ts';
import { createWay, type Way } from './way.ts';

/** What all subscribers share. */
export interface Surroundings {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly sources: ReadonlyMap<string, Source>;
  readonly topics: Topics;
  readonly hydration: Hydration;
  readonly groups: Groups;
  readonly bounds: Bounds;
  readonly reporter: Reporter;
  /** Those that run. */
  readonly live: Set<Subscriber>;
  /** Called when one begins to run; what it was prepared for may have changed since. */
  began(subscriber: Subscriber): void;
}

/**
 * Prepares one subscription: nothing is read or sent before {@link Subscriber.run}.
 *
 * At the tail it is a member of its group and costs little; before it gets there, and while its client does not take what
 * is written, it goes its own way.
 *
 * @throws PublicError when it is refused: `BAD_USER_INPUT`, `FORBIDDEN`, `CURSOR_INVALID`, `HUB_UNAVAILABLE`.
 */
export function createSubscriber(surroundings: Surroundings, subscribe: Subscribe, sink: Sink): Subscriber {
  return new Subscription(surroundings, subscribe, sink);
}

/** A class and not closures: of these there are tens of thousands, and a live one should be little more than its fields. */
class Subscription implements Subscriber, Rider {
  readonly sink: Sink;
  next = 0;
  delivered = 0;
  readonly #since = Date.now();
  readonly #surroundings: Surroundings;
  readonly #subscribe: Subscribe;
  #prepared: Prepared;
  #identity: Identity;
  #group: Group;
  /** Where it begins, if not at the tail; then, while it is no member, where its way began. */
  #starts: Positions;
  #snapshot: Snapshot | undefined;
  #way: Way | undefined;
  /** By hub, the tail when it began. */
  #begun: Readonly<Record<string, number>> = {};
  #isReady = false;
  #isPlaceTold = false;
  #isMember = false;
  #isOver = false;
  #outcome: { resolve(): void; reject(error: unknown): void } | undefined;
  #reason: EndReason = 'complete';

  constructor(surroundings: Surroundings, subscribe: Subscribe, sink: Sink) {
    const { sources, groups } = surroundings;
    this.sink = sink;
    this.#surroundings = surroundings;
    this.#subscribe = subscribe;
    this.#prepared = subscribe.prepared;
    this.#identity = subscribe.identity;
    const group = (this.#group = groups.of(subscribe));
    const after = this.#after;
    const resumed = after === undefined ? undefined : group.cursors.read(after);
    // An incomplete snapshot begins anew, and so from the present end of the stream: only the client knows the versions
    // that it was sent, so which events behind the snapshot's place repeat them could not be told.
    this.#starts = resumed && !resumed.partial ? resumed.positions : {};
    if (resumed ? resumed.partial : subscribe.arguments.snapshot === true) this.#snapshot = this.#snapshotOf();
    const off = group.topic.hubs.find((hub) => !sources.has(hub));
    if (off !== undefined) throw new PublicError('HUB_UNAVAILABLE', 'Events are off: this graph runs without an event stream.', { hub: off });
  }

  get #after(): string | undefined {
    return this.#subscribe.cursor ?? (this.#subscribe.arguments.after as string | null | undefined) ?? undefined;
  }
  get #facts() {
    return { socket: this.socket, id: this.id, field: this.field };
  }
  get socket(): string { return this.#subscribe.socket; }
  get id(): string { return this.#subscribe.id; }
  get field(): string { return this.#group.topic.field; }
  get classKey(): string { return this.#group.key; }
  get traceparent(): string | undefined { return this.#subscribe.traceparent; }

  get state(): SubscriptionState {
    if (this.sink.open === false) return 'SLOW';
    if (this.#isMember || this.#way?.isLive) return 'LIVE';
    return Object.keys(this.#begun).length === 0 ? 'WAITING' : 'CATCHING_UP';
  }

  view(): SubscriptionView {
    const { socket, id, field, state, delivered } = this;
    const { after: _, snapshot: __, ...filter } = this.#subscribe.arguments;
    return {
      socket, id, field, state, delivered, filter,
      class: classId(this.classKey),
      since: new Date(this.#since),
      positions: this.#isMember ? this.#group.placeOf(this) : (this.#way?.positions ?? {}),
      backlog: this.#isMember ? this.#group.backlogOf(this) : (this.#way?.backlog ?? { events: 0, bytes: 0 }),
    };
  }

  get served(): Served {
    return { prepared: this.#prepared, variables: this.#subscribe.variables, arguments: this.#subscribe.arguments, identity: this.#identity };
  }

  cursor(): string | undefined {
    return this.#isMember ? this.#group.cursors.write(this.#group.placeOf(this)) : this.#way?.cursor();
  }

  serve(prepared: Prepared, identity: Identity): boolean {
    const group = this.#surroundings.groups.of({ ...this.#subscribe, prepared, identity });
    const way = this.#way;
    const hasMore = group.topic.key !== this.#group.topic.key;
    if (way && hasMore && this.#snapshot) return false;
    const sameRights = authorisationClass(identity) === authorisationClass(this.#identity);
    [this.#prepared, this.#identity] = [prepared, identity];
    const before = this.#group;
    this.#group = group;
    if (this.#isMember) {
      const place = before.placeOf(this);
      before.leave(this);
      this.#isMember = false;
      this.#goFrom(place);
    } else if (way && hasMore) {
      // its lanes read for the former types
      const place = way.place ?? this.#starts;
      way.stop();
      this.#goFrom(place);
    } else {
      way?.serve(group, sameRights);
    }
    return true;
  }

  fail(make: (cursor: string | undefined) => PublicError): void {
    if (this.#isOver) return;
    const error = make(this.cursor());
    this.#reason = error.code;
    this.#finish(error);
  }

  end(reason: EndReason): void {
    if (this.#isOver) return;
    this.#reason = reason;
    this.#finish();
  }

  async run(): Promise<void> {
    if (this.#isOver) return;
    const { live, began, reporter } = this.#surroundings;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#outcome = { resolve, reject };
    live.add(this);
    began(this);
    if (!this.#isOver) this.#goFrom(this.#starts);
    try {
      await promise;
    } finally {
      live.delete(this);
      reporter.report('subscription.ended', { ...this.#facts, reason: this.#reason });
    }
  }

  fellBehind(positions: Positions, hub: string, pos: number): void {
    this.#isMember = false;
    this.#surroundings.reporter.report('subscription.behind', { socket: this.socket, id: this.id, hub, pos });
    this.#goFrom(positions);
  }

  brokeOff(error: Error, hub: string, positions: Positions): void {
    this.#isMember = false;
    this.#failed(outcomeFor(error, hub, { position: positions[hub], positions, cursors: this.#group.cursors }));
  }

  /** Goes on behind these positions: as a member when that is the tail, else by its own way. */
  #goFrom(starts: Positions): void {
    const tails = Object.fromEntries(this.#group.topic.hubs.map((hub) => [hub, this.#surroundings.sources.get(hub)?.tail]));
    const positions = { ...tails, ...starts } as Positions;
    if (!this.#snapshot && this.#joins(positions)) {
      for (const hub of this.#group.topic.hubs) {
        this.#placed(hub, tails[hub]?.[1] ?? 0);
        this.#current(hub, tails[hub]?.[1] ?? 0);
      }
      this.#ready();
      return this.#tellPlace();
    }
    this.#starts = starts;
    const { sources, topics, hydration, bounds, reporter } = this.#surroundings;
    const unready = new Set(this.#group.topic.hubs);
    const way = createWay({
      group: this.#group, sources, topics, hydration, bounds, reporter, sink: this.sink, starts, begun: this.#begun, snapshot: this.#snapshot, facts: this.#facts, traceparent: this.traceparent,
      wrote: () => void this.delivered++,
      placed: (hub, begun) => this.#placed(hub, begun),
      current: (hub, pos) => {
        this.#current(hub, pos);
        if (unready.delete(hub) && unready.size === 0) this.#ready();
      },
      caughtUp: () => this.#tellPlace(),
      arrived: (positions) => {
        if (this.#isOver || !this.#joins(positions)) return false;
        this.#way = undefined;
        this.#snapshot = undefined;
        this.#starts = {};
        this.#tellPlace();
        return true;
      },
    });
    this.#way = way;
    way.run().catch((error: unknown) => {
      if (this.#way === way) this.#failed(error);
    });
  }

  #joins(positions: Positions): boolean {
    const from = this.sink.open === true ? this.#group.meets(positions) : undefined;
    if (from === undefined) return false;
    this.#group.join(this, from);
    return (this.#isMember = true);
  }

  #placed(hub: string, begun: number): void {
    if (this.#begun[hub] === undefined) this.#begun = { ...this.#begun, [hub]: begun };
  }
  #current(hub: string, pos: number): void {
    this.#surroundings.reporter.report('subscription.current', { socket: this.socket, id: this.id, hub, pos });
  }
  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#surroundings.reporter.report('subscription.ready', { ...this.#facts, resumed: this.#after !== undefined });
  }

  /** Tells the client once that it has caught up: one that got no event yet can then resume as well. */
  #tellPlace(): void {
    const place = this.#isPlaceTold || this.#isOver ? undefined : this.cursor();
    if (place === undefined) return;
    this.#isPlaceTold = true;
    this.sink.current?.(place);
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    this.#reason = error instanceof PublicError ? error.code : 'INTERNAL';
    this.#finish(error);
  }

  #finish(error?: unknown): void {
    this.#isOver = true;
    if (this.#isMember) this.#group.leave(this);
    this.#isMember = false;
    this.#way?.stop();
    this.#way = undefined;
    if (error === undefined) this.#outcome?.resolve();
    else this.#outcome?.reject(error);
  }

  #snapshotOf(): Snapshot {
    const { catalogue, engine } = this.#surroundings;
    const { field } = this.#group.topic;
    const feed = catalogue.feed(field);
    const eventHub = catalogue.streams.find(({ hub }) => hub === feed?.hub)?.eventHub;
    if (!feed || eventHub === undefined) throw new PublicError('BAD_USER_INPUT', `${field} has no snapshot.`);
    return createSnapshot({ engine, feed, eventHub, changesNothing: (type) => catalogue.event(type)?.changesNothing === true, filter: this.#subscribe.arguments.filter as Record<string, unknown> | null | undefined, identity: this.#group.identity });
  }
}
