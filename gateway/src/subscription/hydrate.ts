import type { Identity } from '@hubgraph/kit/identity';
import { inSpan } from '@hubgraph/kit/trace/trace';
import { executeSync, type ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { startDeadline } from '../hubs/deadline.ts';
import type { Reporter } from '../observe/reporter.ts';
import type { Engine, Prepared } from '../query/engine.ts';
import { authorisationClass, classIdentity } from './admit.ts';
import { valueAt, type Catalogue } from './catalogue.ts';
import { hydratingSpan, madeWithin } from './event-trace.ts';
import type { Cursors } from './resume.ts';
import type { Delivery } from './topics.ts';

/** Subscribers who get the same answer for the same event: same plan, same variables, same rights. */
export interface EventClass {
  readonly key: string;
  readonly prepared: Prepared;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly identity: Identity;
  readonly cursors: Cursors;
}

/** What a client gets for one event. */
export interface Frame {
  /** The GraphQL response as JSON text, with `extensions.cursor`, and `extensions.snapshot` for what is present already. */
  readonly json: string;
  readonly cursor: string;
}

/** Answers events. */
export interface Hydration {
  /** The identity that the hubs are asked with for the whole class of this one. */
  identityOf(identity: Identity): Identity;
  /** The frame of `delivery` for everybody of `group`. Never rejects: what goes wrong is in the frame. */
  frameOf(group: EventClass, delivery: Delivery): Promise<Frame>;
}

export interface HydrationOptions {
  readonly engine: Engine;
  readonly catalogue: Catalogue;
  readonly reporter: Reporter;
  readonly log: Logger;
  /** Milliseconds that the hubs have for one event. */
  readonly time: number;
}

/** Milliseconds for which an execution serves those who come to the event later; after that they get present data. */
const FRESH_MS = 1_000;
/** The same for events from the past: thousands come back at once, and what changes after the answer has an event that follows. */
const FRESH_REPLAYED_MS = 30_000;

const numbers = new WeakMap<Prepared, number>();
const resumeNames = new WeakMap<Prepared, ReadonlySet<string>>();
let prepareds = 0;

/** What decides which class a subscriber is of, as a text; equal keys mean the same events and the same answers. */
export function classKey({ prepared, variables, identity }: Pick<EventClass, 'prepared' | 'variables' | 'identity'>): string {
  // the engine keeps prepared operations, so equal documents are one object
  let number = numbers.get(prepared);
  if (number === undefined) numbers.set(prepared, (number = prepareds++));
  let resume = resumeNames.get(prepared);
  if (!resume) resumeNames.set(prepared, (resume = resumeVariables(prepared)));
  const told = (prepared.operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value).filter((name) => !resume.has(name));
  return JSON.stringify([number, told.map((name) => variables[name]), authorisationClass(identity)]);
}

/** Variables that stand for `after` and `snapshot` of the root field: they say where to begin, not what to answer. */
function resumeVariables({ subscription }: Prepared): ReadonlySet<string> {
  const names = new Set<string>();
  for (const definition of subscription?.primary.definitions ?? []) {
    if (definition.kind !== 'OperationDefinition') continue;
    for (const field of definition.selectionSet.selections) {
      for (const { name, value } of field.kind === 'Field' ? (field.arguments ?? []) : []) {
        if ((name.value === 'after' || name.value === 'snapshot') && value.kind === 'Variable') names.add(value.name.value);
      }
    }
  }
  return names;
}

/** Makes the stage that turns events into answers. */
export function createHydration({ engine, catalogue, reporter, log, time }: HydrationOptions): Hydration {
  const executions = new WeakMap<Delivery, Map<string, Promise<Frame>>>();

  /** Executions of one event by class: equal subscribers share them. */
  const executionsOf = (delivery: Delivery): Map<string, Promise<Frame>> => {
    let known = executions.get(delivery);
    if (!known) executions.set(delivery, (known = new Map()));
    return known;
  };

  const execute = (group: EventClass, delivery: Delivery): Promise<Frame> =>
    inSpan(() => hydratingSpan(delivery), async (span) => madeWithin(await answer(group, delivery, span?.traceparent), span));

  const answer = async (group: EventClass, delivery: Delivery, traceparent = delivery.entry.event.traceparent): Promise<Frame> => {
    const { event } = delivery.entry;
    const cursor = group.cursors.write(delivery.positions, delivery.snapshot !== undefined);
    const begun = performance.now();
    const primary = primaryAnswer(group, delivery, cursor);
    using deadline = startDeadline(time);
    const run = { variables: group.variables, identity: group.identity, requestId: event.id, traceparent, signal: deadline.signal };
    const result = await engine.executeEvent(group.prepared, primary, run); // the only line that crosses to the query path
    reporter.report('event.hydrated', { hub: delivery.hub, type: event.type, milliseconds: performance.now() - begun });
    const extensions = { ...result.extensions, cursor, ...(delivery.snapshot !== undefined && { snapshot: true }) };
    return { json: JSON.stringify({ ...result, extensions }), cursor };
  };

  const primaryAnswer = (group: EventClass, delivery: Delivery, cursor: string): Record<string, unknown> => {
    const { subscription, graph } = group.prepared;
    if (!subscription) throw new Error('only subscriptions have events');
    const source = eventObject(catalogue, delivery, cursor);
    const variableValues = Object.fromEntries(subscription.variables.flatMap((name) => (Object.hasOwn(group.variables, name) ? [[name, group.variables[name]]] : [])));
    const result: ExecutionResult = executeSync({ schema: graph.supergraphSchema, document: subscription.primary, rootValue: { [subscription.field]: source }, variableValues });
    if (result.errors) log.warn({ event: delivery.entry.event.id, type: delivery.entry.event.type, err: result.errors[0] }, 'an event does not fit the schema');
    return { ...result.data };
  };

  return {
    identityOf: classIdentity,
    frameOf(group, delivery) {
      // nobody else gets this entity of this snapshot
      if (delivery.snapshot) return execute(group, delivery);
      const shared = executionsOf(delivery);
      let frame = shared.get(group.key);
      if (!frame) {
        shared.set(group.key, (frame = execute(group, delivery)));
        // the event may stay in memory for long
        setTimeout(() => shared.delete(group.key), delivery.replayed ? FRESH_REPLAYED_MS : FRESH_MS).unref();
      }
      return frame;
    },
  };
}

/** The event as the `events` subgraph would give it: its own facts, and stubs of entity and domain for the hubs to fill. */
function eventObject(catalogue: Catalogue, { entry: { event }, replayed, snapshot }: Delivery, cursor: string): Record<string, unknown> {
  const facts = catalogue.event(event.type);
  const feed = snapshot ?? (facts?.field ? catalogue.feed(facts.field) : undefined);
  const { id, type, time, actor, subject, domain, data } = event;
  return {
    __typename: snapshot?.objectType ?? facts?.objectType ?? 'GenericEvent',
    id, cursor, type, time, actor, subject, replayed,
    domain: domain === undefined ? null : { __typename: 'Domain', slug: domain },
    from: data.from ?? null,
    to: data.to ?? null,
    ...(feed && { [feed.entity.field]: { __typename: feed.entity.type, [feed.entity.key]: valueAt(event, feed.entity.path) } }),
  };
}
