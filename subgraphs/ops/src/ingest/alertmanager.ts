import { isSlug } from '@hubgraph/kit/fields';
import { z } from 'zod';
import { isLabelName } from '../alert/matchers.ts';
import type { SubjectsInput } from '../commands/subjects.ts';
import type { AlertSeverity } from '../model.ts';
import type { Effect } from './effect.ts';

// The webhook of Alertmanager, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config

/** Far more than is kept; what is cut off here is looked through for secrets all the same. */
const texts = z.record(z.string(), z.string().transform((text) => cut(text, 10_000)));
const alert = z.object({ status: z.enum(['firing', 'resolved']), labels: texts, annotations: texts.default({}), fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/) });
/** One alert of a payload is looked at by itself, so that one that does not fit keeps no other out. */
export const alertmanagerPayload = z.object({ version: z.literal('4'), groupKey: z.string().max(5_000), alerts: z.array(z.unknown()).max(500) });
export type AlertmanagerAlert = z.output<typeof alert>;

/** Who alerts are by, and what their resolving has to match. */
export const ALERTMANAGER = 'alertmanager';

const SEVERITIES: Readonly<Record<string, AlertSeverity>> = {
  critical: 'CRITICAL', page: 'CRITICAL', fatal: 'CRITICAL', emergency: 'CRITICAL', error: 'ERROR', high: 'ERROR', major: 'ERROR', warning: 'WARNING', warn: 'WARNING', medium: 'WARNING', minor: 'WARNING', info: 'INFO', low: 'INFO', none: 'INFO',
};
/** Labels beyond this many say nothing more. */
const MOST_LABELS = 30;
const LONGEST_LABEL = 500;

/** The alert in one entry of a payload; null when it is none. */
export function readAlert(value: unknown): AlertmanagerAlert | null {
  const read = alert.safeParse(value);
  return read.success ? read.data : null;
}

/** What an alert is here. `defaults` are subjects that the receiver's URL names, for alerts whose labels name none. */
export function alertEffect({ status, labels, annotations, fingerprint }: AlertmanagerAlert, defaults: SubjectsInput): Effect {
  const dedupKey = `${ALERTMANAGER} ${fingerprint}`;
  if (status === 'resolved') return { verb: 'resolveAlert', input: { dedupKey, source: ALERTMANAGER } };
  const name = labels.alertname ?? 'Alert';
  return {
    verb: 'raiseAlert',
    input: {
      dedupKey, source: ALERTMANAGER, severity: SEVERITIES[(labels.severity ?? '').toLowerCase()] ?? 'WARNING',
      title: cut((annotations.summary ?? annotations.message ?? name).split('\n')[0]!.trim() || name, 300), detail: cut(annotations.description ?? annotations.runbook_url ?? '', 5_000) || null,
      labels: Object.fromEntries(Object.entries(labels).filter(([label]) => isLabelName(label)).slice(0, MOST_LABELS).map(([label, value]) => [label, cut(value, LONGEST_LABEL)])),
      ...subjectsIn(labels, defaults),
    },
  };
}

/** The first letters of a text; half of a pair at the end would have the whole refused. */
export function cut(text: string, most: number): string {
  return text.slice(0, most).toWellFormed();
}

/** The subjects that labels name, in the shapes that they must have; what does not fit is left to the defaults. */
export function subjectsIn(labels: Readonly<Record<string, string>>, defaults: SubjectsInput): SubjectsInput {
  const slug = (...names: string[]) => names.map((name) => labels[name]).find((value) => value !== undefined && isSlug(value)) ?? null;
  const { workstream } = labels;
  return {
    service: slug('service', 'service_name', 'app') ?? defaults.service ?? null, repo: slug('repo') ?? defaults.repo ?? null, domain: slug('domain') ?? defaults.domain ?? null,
    workstream: (workstream !== undefined && /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/.test(workstream) ? workstream : defaults.workstream) ?? null, package: labels.package?.startsWith('pkg:') === true ? labels.package : (defaults.package ?? null),
  };
}
