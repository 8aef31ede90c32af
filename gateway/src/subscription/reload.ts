import { PublicError } from '@hubgraph/kit/errors';
import { setImmediate as turn } from 'node:timers/promises';
import { Refused, type Prepared, type Staged } from '../query/engine.ts';
import { meaningOf } from '../supergraph/meaning.ts';
import { admission } from './admit.ts';
import type { Catalogue } from './catalogue.ts';
import { comeBack } from './closing.ts';
import type { Served, Subscriber } from './subscribe.ts';
import { topicOf } from './topics.ts';

/** What another supergraph means for those who are subscribed. */
export interface Reload {
  /** Looks at all of `live` beforehand, a few at a time, so that going over is quick. */
  look(live: Iterable<Subscriber>): Promise<void>;
  /** Lets one go on, prepared for the other supergraph, or ends it with `SUPERGRAPH_CHANGED`; true when it goes on. */
  settle(subscriber: Subscriber): boolean;
}

/** Subscribers looked at in one go before others get their turn. */
const STRETCH = 64;

/** Compares every subscription as it is served under `before` with what `staged` and `after` would make of it. */
export function createReload(staged: Pick<Staged, 'prepare'>, before: Catalogue, after: Catalogue): Reload {
  // clients of one class ask the same question
  const meanings = new WeakMap<Prepared, Map<string, string | undefined>>();
  const feeds = new Map<string, boolean>();

  const meaning = (prepared: Prepared, variables: Readonly<Record<string, unknown>>): string | undefined => {
    let known = meanings.get(prepared);
    if (!known) meanings.set(prepared, (known = new Map()));
    const key = JSON.stringify(variables);
    if (!known.has(key)) known.set(key, meaningOf(prepared, variables));
    return known.get(key);
  };

  const sameEvents = ({ prepared, arguments: args, identity }: Served): boolean => {
    const field = prepared.subscription?.field ?? '';
    const key = JSON.stringify([field, { ...args, after: null }, identity.scopes]);
    let same = feeds.get(key);
    if (same === undefined) {
      const [old, next] = [before, after].map((catalogue) => eventsOf(catalogue, field, args, identity));
      same = old !== undefined && next !== undefined && old.asked === next.asked && [...old.types].every(([type, facts]) => next.types.get(type) === facts);
      feeds.set(key, same);
    }
    return same;
  };

  /** The same operation for the other supergraph; undefined when it would not mean the same. */
  const successor = (served: Served): Prepared | undefined => {
    const { prepared, variables, identity } = served;
    const next = staged.prepare({ ...prepared.asked, identity });
    if (next instanceof Refused || !next.subscription || !sameEvents(served)) return undefined;
    const [now, then] = [meaning(prepared, variables), meaning(next, variables)];
    return now !== undefined && now === then ? next : undefined;
  };

  return {
    async look(live) {
      let looked = 0;
      for (const { served } of live) {
        successor(served);
        if (++looked % STRETCH === 0) await turn();
      }
    },
    settle(subscriber) {
      const { served } = subscriber;
      const next = successor(served);
      const goesOn = next !== undefined && subscriber.serve(next, served.identity);
      if (!goesOn) subscriber.fail((cursor) => new PublicError('SUPERGRAPH_CHANGED', 'The graph changed in what this subscription uses: look at it again, then resume.', { retryAfter: comeBack(), cursor }));
      return goesOn;
    },
  };
}

/**
 * What a subscription asks for, and by type which events it gets and what its answers are made of; undefined when it would
 * be refused. Types may be added to it: they are what it asked for.
 */
function eventsOf(catalogue: Catalogue, field: string, args: Readonly<Record<string, unknown>>, identity: Served['identity']): { readonly asked: string; readonly types: ReadonlyMap<string, string> } | undefined {
  try {
    const topic = topicOf(catalogue, field, args);
    const { admits } = admission(catalogue, topic, identity);
    const types = new Map([...topic.types].map((type) => [type, JSON.stringify([admits(type), catalogue.event(type)?.hub, catalogue.event(type)?.objectType])]));
    const feed = catalogue.feed(field);
    return { asked: JSON.stringify([topic.asked, feed?.entity, feed?.hasStatus]), types };
  } catch {
    return undefined;
  }
}
