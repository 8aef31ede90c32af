import type { Subscription } from './subscription.ts';
import type { EventValue, SubscriptionValue } from './values.ts';

/** How the events of a subscription become a map of entities. */
export interface WatchOptions<Data, Entity> {
  /** The key of the entity that an event is about. */
  key(data: Data): string;
  /** The entity as it is kept; null or undefined takes it out of the map. */
  entity(data: Data): Entity | null | undefined;
  /** Called after each value, with the map as it is then. Must not throw. */
  changed?(entities: ReadonlyMap<string, Entity>, value: SubscriptionValue<Data>): void;
}

/** A map of entities that is kept current. */
export interface Watched<Entity> {
  readonly entities: ReadonlyMap<string, Entity>;
  /** False before the first snapshot is complete, and while the subscription is interrupted. */
  readonly isCurrent: boolean;
  /** Resolves when the map is current for the first time; rejects as {@link Watched.ended} does. */
  readonly ready: Promise<void>;
  /** Resolves at the end of the subscription; rejects with its error. */
  readonly ended: Promise<void>;
  /** Ends the subscription. */
  stop(): Promise<void>;
}

/**
 * Keeps a map of entities current from a subscription with `snapshot: true`. After a gap the snapshot comes anew, and what it
 * does not name leaves the map.
 */
export function watch<Data, Entity>(subscription: Subscription<Data>, { key, entity, changed = () => undefined }: WatchOptions<Data, Entity>): Watched<Entity> {
  const entities = new Map<string, Entity>();
  let isCurrent = false;
  /** Keys that the snapshot under way has named. */
  let named: Set<string> | undefined = new Set();
  let tellReady = (): void => undefined;
  let failReady = (_error: unknown): void => undefined;
  const ready = new Promise<void>((resolve, reject) => ([tellReady, failReady] = [resolve, reject]));

  const take = ({ data, snapshot }: EventValue<Data>): void => {
    if (snapshot === 'first') named = new Set();
    if (data === null) return;
    const name = key(data);
    const kept = entity(data);
    named?.add(name);
    if (kept === null || kept === undefined) entities.delete(name);
    else entities.set(name, kept);
  };
  const settle = (): void => {
    if (named) for (const name of [...entities.keys()]) if (!named.has(name)) entities.delete(name);
    named = undefined;
    isCurrent = true;
    tellReady();
  };

  const run = async (): Promise<void> => {
    for await (const value of subscription) {
      if (value.kind === 'event') take(value);
      else if (value.kind === 'ready') settle();
      else isCurrent = false;
      if (value.kind === 'gap' && value.next === 'present') named = new Set();
      changed(entities, value);
    }
  };
  const ended = run().finally(() => (isCurrent = false));
  ended.then(() => failReady(new Error('The subscription ended before it was current.')), failReady);
  ready.catch(() => undefined);

  return {
    entities, ready, ended,
    get isCurrent() { return isCurrent; },
    async stop() {
      await subscription.return();
    },
  };
}
