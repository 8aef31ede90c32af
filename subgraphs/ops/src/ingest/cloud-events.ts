import { HttpProblem } from '@hubgraph/kit/door-http';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
import { HTTP, type CloudEvent } from 'cloudevents';
import { z } from 'zod';
import type { OpsChanges } from '../commands/common.ts';
import { ENVIRONMENT_KINDS, EVIDENCE_KINDS, EVIDENCE_RESULTS } from '../model.ts';
import { CDEVENTS, cdEventEffect, cdEventKind } from './cdevents.ts';
import { apply, custodyProblem, refused, type Effect, type Outcome } from './effect.ts';

/** Our own type: one observation, for those who have no CDEvent for it. */
export const EVIDENCE_TYPE = 'org.hubgraph.evidence.observed';
/** Every type that is taken; of CDEvents any version. */
export const KNOWN_TYPES: readonly string[] = [EVIDENCE_TYPE, ...Object.keys(CDEVENTS).map((kind) => `dev.cdevents.${kind}`)];
export const MAX_EVENTS = 500;

/** One event as it came, before anything of it is believed. */
type Raw = Readonly<Record<string, unknown>>;

/** What came of one event; id and source are given back when they are fit to be. */
export interface EventOutcome extends Outcome {
  readonly id: string | null;
  readonly source: string | null;
}

const ATTRIBUTES = z.object({ specversion: z.literal('1.0'), id: z.string().min(1).max(200), source: z.string().min(1).max(200), type: z.string().min(1).max(200), time: z.iso.datetime({ offset: true }).optional(), datacontenttype: z.string().max(100).optional() });
const observed = z.strictObject({
  kind: z.enum(EVIDENCE_KINDS), environment: z.enum(ENVIRONMENT_KINDS), service: z.string().nullish(), workstream: z.string().nullish(), migrationRun: z.string().nullish(), domain: z.string().nullish(), releaseDigest: z.string().nullish(),
  result: z.enum(EVIDENCE_RESULTS), observedAt: z.iso.datetime({ offset: true }).optional(), report: z.unknown().optional(),
});

/**
 * The events of one request, in binary, structured or batched mode.
 *
 * @throws HttpProblem 400 (not JSON, no event), 413 (too many), 415
 */
export function eventsIn(headers: IncomingHttpHeaders, body: string): Raw[] {
  const [type = ''] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type === 'application/cloudevents-batch+json') {
    const batch = json(body);
    if (!Array.isArray(batch)) throw new HttpProblem(400, 'BAD_EVENT', 'A batch is a JSON list of events.');
    if (batch.length > MAX_EVENTS) throw new HttpProblem(413, 'TOO_MANY', `A batch has at most ${MAX_EVENTS} events.`);
    return batch.map(asRaw);
  }
  if (type === 'application/cloudevents+json') return [asRaw(json(body))];
  if (headers['ce-id'] === undefined) throw type === 'application/json' ? new HttpProblem(400, 'BAD_EVENT', 'This is no CloudEvent: neither its content type nor its headers (ce-id, ce-source, ce-type, ce-specversion) say so.') : new HttpProblem(415, 'UNSUPPORTED_TYPE', 'Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce- headers.');
  if (type !== 'application/json' && !type.endsWith('+json')) throw new HttpProblem(415, 'UNSUPPORTED_TYPE', 'The data of an event is JSON.');
  const attributes = Object.entries(headers).flatMap(([name, value]) => (name.startsWith('ce-') && typeof value === 'string' ? [[name.slice(3), value]] : []));
  return [{ ...Object.fromEntries(attributes), datacontenttype: 'application/json', data: json(body) }];
}

/** Takes in one event: all of it or nothing, and never twice under its source and id. */
export async function takeEvent(deps: { readonly sql: Sql; readonly changes: OpsChanges }, caller: Caller, raw: Raw): Promise<EventOutcome> {
  const custody = custodyProblem(raw);
  if (custody !== null) return { id: null, source: null, ...custody };
  const attributes = ATTRIBUTES.safeParse(raw);
  const event = attributes.success ? read(raw) : null;
  if (!attributes.success || event === null) {
    const errors = attributes.success ? [] : attributes.error.issues.map((issue) => ({ path: issue.path.map(String), message: 'This is missing or has another shape.' }));
    return { id: null, source: null, ...refused('BAD_EVENT', 'This is not a CloudEvent of version 1.0.', errors) };
  }
  const { id, source } = event;
  const effect = await effectOf(deps.sql, event, attributes.data.time);
  const outcome = 'status' in effect ? effect : await apply(deps.changes, caller, effect, `${source}\n${id}`);
  return { id, source, ...outcome };
}

async function effectOf(sql: Sql, event: CloudEvent<unknown>, time: string | undefined): Promise<Effect | Outcome> {
  const kind = cdEventKind(event.type);
  if (kind !== null) return cdEventEffect(sql, kind, event.data);
  if (event.type !== EVIDENCE_TYPE) return refused('UNKNOWN_TYPE', `This type of event is not taken. Known are ${KNOWN_TYPES.join(', ')}.`);
  const data = observed.safeParse(event.data);
  if (!data.success) return refused('INVALID_INPUT', 'The event does not fit.', data.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? [{ path: ['data'], message: 'There is a field that evidence does not have.' }] : [{ path: ['data', ...issue.path.map(String)], message: 'This is missing or has another shape.' }])));
  const at = data.data.observedAt ?? time;
  if (at === undefined) return refused('INVALID_INPUT', 'The event does not fit.', [{ path: ['data', 'observedAt'], message: 'Say when it was observed, here or in the time of the event.' }]);
  return { verb: 'recordEvidence', input: { ...data.data, observedAt: new Date(at), source: event.source, sourceKey: event.id } };
}

/** The event as the SDK of CloudEvents reads it; null when it is none. What is wrong is not said: the SDK would quote it. */
function read(raw: Raw): CloudEvent<unknown> | null {
  // names that are none would become properties of the SDK's object
  if (!Object.keys(raw).every((name) => /^[a-z0-9]{1,20}$/.test(name))) return null;
  try {
    const event = HTTP.toEvent<unknown>({ headers: { 'content-type': 'application/cloudevents+json' }, body: raw }) as CloudEvent<unknown>;
    return event.validate() ? event : null;
  } catch {
    return null;
  }
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new HttpProblem(400, 'BAD_JSON', 'The body is not JSON.');
  }
}

function asRaw(value: unknown): Raw {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
}
