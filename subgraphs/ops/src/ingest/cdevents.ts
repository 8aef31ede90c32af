import type { Sql } from '@hubgraph/kit/sql';
import { z } from 'zod';
import type { EvidenceInput } from '../commands/evidence.ts';
import { EVIDENCE_KINDS } from '../model.ts';
import { refused, type Effect, type Outcome } from './effect.ts';
import { kindOf, lastPart, placeOf, type Place } from './environment.ts';

// CDEvents 0.4 and 0.5, as far as this hub has use for them: https://cdevents.dev/docs/

const text = z.string().min(1).max(500);
const reference = z.object({ id: text, source: text.optional() });
/** What this hub asks for and CDEvents has no field for. */
const own = z.object({ service: text.optional(), workstream: text.optional(), migrationRun: text.optional(), releaseDigest: text.optional(), kind: z.enum(EVIDENCE_KINDS).optional(), severity: z.enum(['INFO', 'WARNING', 'ERROR', 'CRITICAL']).optional(), domain: text.optional() });
const cdevent = z.object({
  context: z.object({ id: text, source: text, type: text, timestamp: z.iso.datetime({ offset: true }) }),
  subject: z.object({
    id: text, source: text.optional(),
    content: z.object({
      environment: reference.optional(), service: reference.optional(), artifactId: text.optional(), name: text.optional(), uri: text.optional(), outcome: text.optional(), description: z.string().max(5_000).optional(),
      testCase: reference.optional(), testSuite: reference.optional(), ticketURI: text.optional(),
    }),
  }),
  customData: own.optional().catch(undefined),
});
type CdEvent = z.output<typeof cdevent>;

/** What each kind of CDEvent is here. The version behind the type is not looked at. */
export const CDEVENTS = {
  'service.deployed': (sql: Sql, event: CdEvent) => deployment(sql, event, false),
  'service.upgraded': (sql: Sql, event: CdEvent) => deployment(sql, event, false),
  'service.rolledback': (sql: Sql, event: CdEvent) => deployment(sql, event, true),
  'service.removed': nothing,
  'service.published': nothing,
  'environment.created': environment,
  'environment.modified': nothing,
  'environment.deleted': nothing,
  'testcaserun.finished': test,
  'testsuiterun.finished': test,
  'incident.detected': incident,
  'incident.reported': incident,
  'incident.resolved': resolved,
} as const;
export type CdEventKind = keyof typeof CDEVENTS;

/** The kind in a type such as `dev.cdevents.service.deployed.0.2.0`; null when it is none that this hub takes. */
export function cdEventKind(type: string): CdEventKind | null {
  const kind = /^dev\.cdevents\.([a-z]+\.[a-z]+)(?:\.\d+\.\d+\.\d+(?:-[a-z0-9.]+)?)?$/.exec(type)?.[1];
  return kind !== undefined && Object.hasOwn(CDEVENTS, kind) ? (kind as CdEventKind) : null;
}

/** What a CDEvent is here. `data` is the whole CDEvent, as its binding to CloudEvents has it. */
export async function cdEventEffect(sql: Sql, kind: CdEventKind, data: unknown): Promise<Effect | Outcome> {
  const read = cdevent.safeParse(data);
  if (!read.success) return refused('INVALID_INPUT', 'The data is not a CDEvent.', read.error.issues.slice(0, 20).map((issue) => ({ path: issue.path.map(String), message: 'This is missing or has another shape.' })));
  return CDEVENTS[kind](sql, read.data);
}

async function deployment(sql: Sql, { context, subject }: CdEvent, back: boolean): Promise<Effect | Outcome> {
  const { content } = subject;
  const releaseDigest = digestOf(content.artifactId);
  if (releaseDigest === null) return missing('artifactId', 'A deployment names what was deployed by its digest: a purl such as pkg:oci/orders@sha256%3A….');
  const place = await placeIn(sql, content.environment?.id);
  if ('status' in place) return place;
  const at = new Date(context.timestamp);
  return {
    verb: 'recordDeployment',
    input: { service: lastPart(subject.id), ...place, releaseDigest, release: back ? 'rolled back' : null, startedAt: at, finishedAt: at, result: 'SUCCEEDED', source: context.source, sourceKey: context.id },
  };
}

async function environment(_sql: Sql, { context, subject }: CdEvent): Promise<Effect | Outcome> {
  const slug = lastPart(subject.id);
  const { name, uri } = subject.content;
  const kind = kindOf(slug) ?? (name === undefined ? null : kindOf(name));
  if (kind === null) return missing('environment', 'Neither id nor name says whether it is LOCAL, STAGING or PRODUCTION; register it by registerEnvironment.', ['subject', 'id']);
  return { verb: 'registerEnvironment', input: { slug, kind, name: name ?? null, url: uri ?? null, source: context.source } };
}

async function test(sql: Sql, { context, subject, customData = {} }: CdEvent): Promise<Effect | Outcome> {
  const { content } = subject;
  // a run that was cancelled observed nothing
  if (content.outcome === 'cancel' || content.outcome === 'cancelled') return { verb: 'nothing' };
  if (content.outcome === undefined) return missing('outcome', 'A finished run has an outcome.');
  const place = await placeIn(sql, content.environment?.id);
  if ('status' in place) return place;
  const passed = content.outcome === 'pass' || content.outcome === 'success';
  const what = content.testCase ?? content.testSuite;
  const input: EvidenceInput = {
    kind: customData.kind ?? 'SMOKE', environment: place.environment, service: customData.service ?? (content.service === undefined ? null : lastPart(content.service.id)), workstream: customData.workstream, migrationRun: customData.migrationRun,
    releaseDigest: customData.releaseDigest ?? digestOf(content.artifactId), result: passed ? 'PASS' : 'FAIL', observedAt: new Date(context.timestamp), source: context.source, sourceKey: context.id,
    report: { runId: subject.id, ...(what === undefined ? {} : { checks: [{ code: lastPart(what.id), status: content.outcome }] }) },
  };
  return { verb: 'recordEvidence', input };
}

async function incident(sql: Sql, event: CdEvent): Promise<Effect | Outcome> {
  const { context, subject, customData = {} } = event;
  const { content } = subject;
  const place = content.environment === undefined ? null : await placeOf(sql, content.environment.id);
  const [title = ''] = (content.description ?? '').split('\n');
  return {
    verb: 'raiseAlert',
    input: {
      dedupKey: incidentKey(event), severity: customData.severity ?? (place?.environment === 'PRODUCTION' ? 'CRITICAL' : 'ERROR'), title: title.trim().slice(0, 300) || `Incident ${subject.id}`, detail: content.description ?? null,
      service: customData.service ?? (content.service === undefined ? null : lastPart(content.service.id)), workstream: customData.workstream, domain: customData.domain, source: context.source,
      labels: { incident: subject.id, ...(place === null ? {} : { environment: place.environment }) },
    },
  };
}

async function resolved(_sql: Sql, event: CdEvent): Promise<Effect> {
  return { verb: 'resolveAlert', input: { dedupKey: incidentKey(event), source: event.context.source } };
}

async function nothing(): Promise<Effect> {
  return { verb: 'nothing' };
}

function incidentKey({ context, subject }: CdEvent): string {
  return `cdevents ${subject.source ?? context.source} ${subject.id}`.slice(0, 500);
}

async function placeIn(sql: Sql, name: string | undefined): Promise<Place | Outcome> {
  if (name === undefined) return missing('environment', 'Name the environment.');
  return (await placeOf(sql, name)) ?? missing('environment', 'There is no such environment; register it, or call it local, staging or production.');
}

/** The digest in a purl's version, or behind the @ of an image. */
function digestOf(artifactId: string | undefined): string | null {
  const version = /@([^@?#]+)(?:[?#].*)?$/.exec(artifactId ?? '')?.[1]?.replaceAll(/%3a/gi, ':');
  return version !== undefined && /^(?:(?:sha256|sha512|blake3):)?[0-9a-f]{40,128}$/.test(version) ? version : null;
}

function missing(field: string, message: string, path: readonly string[] = ['subject', 'content', field]): Outcome {
  return refused('INVALID_INPUT', 'The event does not fit.', [{ path, message }]);
}
