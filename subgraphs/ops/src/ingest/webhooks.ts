import { isSlug } from '@hubgraph/kit/fields';
import type { Caller } from '@hubgraph/kit/change';
import { HttpProblem, type HttpAnswer } from '@hubgraph/kit/door-http';
import type { OpsChanges } from '../commands/common.ts';
import type { SubjectsInput } from '../commands/subjects.ts';
import { alertEffect, alertmanagerPayload, readAlert } from './alertmanager.ts';
import { apply, custodyProblem, refused, type Outcome } from './effect.ts';
import { loggedAlerts, otelPayload } from './otel.ts';

/** What a request is answered with. */
export interface Answer extends HttpAnswer {
  /** For the log. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** More kinds of alert than this in one request are a storm that one alert tells better. */
const MAX_ALERTS = 200;

/** Takes in a payload of Alertmanager: each alert by itself, raised or counted up while firing, resolved when it says so. */
export async function takeAlertmanager(changes: OpsChanges, caller: Caller, query: URLSearchParams, payload: unknown): Promise<Answer> {
  const read = alertmanagerPayload.safeParse(payload);
  if (!read.success) throw new HttpProblem(422, 'BAD_PAYLOAD', 'This is not a webhook payload of Alertmanager, version 4, with at most 500 alerts.');
  const defaults = subjectsOf(query);
  const results: (Outcome & { readonly fingerprint: string | null })[] = [];
  for (const value of read.data.alerts) {
    const custody = custodyProblem(value);
    const alert = custody === null ? readAlert(value) : null;
    const outcome = custody ?? (alert === null ? refused('BAD_PAYLOAD', 'This is not an alert of Alertmanager.') : await apply(changes, caller, alertEffect(alert, defaults), null));
    results.push({ fingerprint: alert?.fingerprint ?? null, ...outcome });
  }
  const refusals = results.filter(({ status }) => status === 'refused').length;
  return { status: refusals === 0 ? 200 : refusals === results.length ? 422 : 207, body: { results }, counts: { taken: results.length - refusals, refused: refusals } };
}

/** Takes in logs of OpenTelemetry; the answer is that of OTLP, with the number of records that were refused. */
export async function takeOtel(changes: OpsChanges, caller: Caller, query: URLSearchParams, payload: unknown): Promise<Answer> {
  const read = otelPayload.safeParse(payload);
  if (!read.success) throw new HttpProblem(400, 'BAD_PAYLOAD', 'This is not an ExportLogsServiceRequest in JSON.');
  const { alerts, unreadable } = loggedAlerts(read.data, subjectsOf(query));
  const over = alerts.slice(MAX_ALERTS);
  // a sender gives up what is answered with 413, so the worst of a storm are taken and the rest is told
  let rejected = over.reduce((sum, { count }) => sum + count, unreadable);
  const codes = new Set<string>([...(unreadable > 0 ? ['BAD_PAYLOAD'] : []), ...(over.length > 0 ? [`TOO_MANY, as one request raises at most ${MAX_ALERTS} different alerts`] : [])]);
  for (const { effect, content, count } of alerts.slice(0, MAX_ALERTS)) {
    const outcome = custodyProblem(content) ?? (await apply(changes, caller, effect, null));
    if (outcome.status !== 'refused') continue;
    rejected += count;
    codes.add([outcome.code, outcome.errors?.[0]?.path.join('.')].filter(Boolean).join(' at '));
  }
  const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: `Refused: ${[...codes].join('; ')}.` };
  return { status: 200, body: rejected > 0 ? { partialSuccess } : {}, counts: { alerts: alerts.length, rejected } };
}

/** Subjects that the receiver's URL names: `?service=`, `repo=`, `domain=`, `workstream=`. */
function subjectsOf(query: URLSearchParams): SubjectsInput {
  const slug = (name: string) => {
    const value = query.get(name);
    if (value !== null && !isSlug(value)) throw new HttpProblem(400, 'BAD_QUERY', `The query parameter ${name} is a slug.`);
    return value;
  };
  return { service: slug('service'), repo: slug('repo'), domain: slug('domain'), workstream: query.get('workstream') };
}
