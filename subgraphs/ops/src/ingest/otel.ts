import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SubjectsInput } from '../commands/subjects.ts';
import { ALERT_SEVERITIES, type AlertSeverity } from '../model.ts';
import { cut, subjectsIn } from './alertmanager.ts';
import type { Effect } from './effect.ts';

// OTLP/HTTP with JSON, logs: https://opentelemetry.io/docs/specs/otlp/ and the data model of logs, where 13 is WARN.

const attribute = z.object({ key: z.string().max(200), value: z.object({ stringValue: z.string().max(10_000), boolValue: z.boolean(), intValue: z.union([z.string().max(40), z.number()]), doubleValue: z.number() }).partial().optional() });
const attributes = z.array(attribute).max(200).default([]);
const record = z.object({ severityNumber: z.number().int().optional(), severityText: z.string().max(100).optional(), body: z.object({ stringValue: z.string().max(20_000) }).partial().optional(), attributes, eventName: z.string().max(200).optional(), traceId: z.string().max(64).optional() });
export const otelPayload = z.object({ resourceLogs: z.array(z.object({ resource: z.object({ attributes }).optional(), scopeLogs: z.array(z.object({ logRecords: z.array(z.unknown()).max(5_000).default([]) })).max(500).default([]) })).max(500).default([]) });
export type OtelPayload = z.output<typeof otelPayload>;

/** What one kind of log record of one service is here; `count` records in the request were of it. */
export interface LoggedAlert {
  readonly effect: Effect;
  readonly count: number;
  /** What has to be free of secrets: everything of the record that would be kept. */
  readonly content: unknown;
}

const WARN = 13;
/** Attributes that become labels: what tells alerts apart, and no payload. */
const LABELS: readonly string[] = ['service.name', 'service.namespace', 'service.version', 'deployment.environment', 'deployment.environment.name', 'exception.type', 'error.type', 'http.route', 'http.request.method', 'http.response.status_code', 'k8s.namespace.name', 'k8s.deployment.name', 'domain', 'repo', 'workstream'];

/**
 * The alerts in log records of severity WARN and above: WARN is WARNING, ERROR is ERROR, FATAL is CRITICAL. Records of one
 * service with the same event name, exception type or, without either, the same text but for its numbers are one alert, and
 * one raise of it per request however many they are; the worst come first.
 */
export function loggedAlerts(payload: OtelPayload, defaults: SubjectsInput): { readonly alerts: LoggedAlert[]; readonly unreadable: number } {
  const byKey = new Map<string, LoggedAlert>();
  let unreadable = 0;
  for (const { resource, scopeLogs } of payload.resourceLogs) {
    const shared = labelsOf(resource?.attributes ?? []);
    for (const value of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      const read = record.safeParse(value);
      if (!read.success) unreadable += 1;
      else if ((read.data.severityNumber ?? 0) >= WARN) {
        const [key, alert] = alertOf(read.data, shared, defaults);
        byKey.set(key, { ...alert, count: (byKey.get(key)?.count ?? 0) + 1 });
      }
    }
  }
  const worst = ({ effect }: LoggedAlert) => (effect.verb === 'raiseAlert' ? ALERT_SEVERITIES.indexOf(effect.input.severity) : -1);
  return { alerts: [...byKey.values()].sort((a, b) => worst(b) - worst(a)), unreadable };
}

function alertOf(read: z.output<typeof record>, shared: Readonly<Record<string, string>>, defaults: SubjectsInput): [string, Omit<LoggedAlert, 'count'>] {
  const labels = { ...shared, ...labelsOf(read.attributes) };
  const text = read.body?.stringValue ?? '';
  const [line = ''] = text.split('\n');
  const name = read.eventName || labels['exception.type'] || labels['error.type'] || null;
  const code = name ?? `log ${createHash('sha256').update(line.replaceAll(/[0-9a-f]*\d[0-9a-f]*/gi, '#')).digest('hex').slice(0, 16)}`;
  const service = labels['service.name'] ?? defaults.service ?? 'unknown';
  const key = cut(`otel ${service} ${code}`, 500);
  const detail = text.length > 0 ? cut(text, 5_000) : null;
  const effect: Effect = {
    verb: 'raiseAlert',
    input: { dedupKey: key, source: 'opentelemetry', severity: severityOf(read.severityNumber ?? WARN), title: cut(line.trim() || (name ?? 'Log record'), 300), detail, labels, ...subjectsIn({ ...labels, service_name: labels['service.name'] ?? '' }, defaults) },
  };
  return [key, { effect, content: { body: text, labels, eventName: read.eventName } }];
}

function severityOf(severity: number): AlertSeverity {
  return ALERT_SEVERITIES[severity >= 21 ? 3 : severity >= 17 ? 2 : 1]!;
}

function labelsOf(given: z.output<typeof attributes>): Record<string, string> {
  return Object.fromEntries(
    given.flatMap(({ key, value }) => {
      const told = value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue;
      return LABELS.includes(key) && told !== undefined && String(told) !== '' ? [[key, cut(String(told), 500)]] : [];
    }),
  );
}
