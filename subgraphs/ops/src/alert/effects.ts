import type { CloudEvent } from '@hubgraph/kit/events';
import { z } from 'zod';
import type { AlertSeverity } from '../model.ts';

/** What an event of another hub means for the alerts of this one. */
export type Effect =
  | {
      readonly do: 'raise';
      readonly dedupKey: string;
      readonly severity: AlertSeverity;
      readonly title: string;
      readonly detail?: string;
      readonly service?: string;
      readonly workstream?: string;
      readonly repo?: string;
      readonly domain?: string;
      readonly labels?: Readonly<Record<string, string>>;
    }
  /** Resolves the open alert of a key, if there is one. */
  | { readonly do: 'resolve'; readonly dedupKey: string; readonly note: string };

/** The streams that this hub follows. Their hubs are known by what they publish, never by an import. */
export const STREAMS = { statehub: 'EVENTS_GOVERNANCE', contribhub: 'EVENTS_CONTRIBUTIONS', artifactstore: 'EVENTS_ARTIFACTS', finhub: 'EVENTS_FINANCE' } as const;

type Rule = (event: CloudEvent) => readonly Effect[];

/** Reads the part of an event's data that a rule needs; more is welcome, less makes the event unfit to be taken in. */
function rule<Shape extends z.ZodObject>(shape: Shape, effects: (data: z.output<Shape>, event: CloudEvent) => readonly Effect[]): Rule {
  return (event) => effects(shape.parse(event.data), event);
}

const task = z.object({ id: z.string().min(1), code: z.string().min(1), workstream: z.string().min(1) });
const staleKey = (id: string) => `task-stale/${id}`;
const moved = rule(task, ({ id, code }, event) => [{ do: 'resolve', dedupKey: staleKey(id), note: `${code} moved: ${event.type}.` }]);

const scrubbed = z.object({ id: z.string().min(1), blake3: z.string(), backend: z.string(), found: z.string(), packageCount: z.int(), workstreams: z.array(z.string()), repos: z.array(z.string()), services: z.array(z.string()) });
const scrubKey = (id: string) => `scrub/${id}`;

// Whoever may read alerts may not read finance: alerts say that something is wrong there, and never a number of it.
const runway = z.object({ id: z.string().min(1), escalated: z.boolean().nullish() });
const runwayKey = (domain: string) => `runway/${domain}`;
const budget = z.object({ id: z.string().min(1), kind: z.enum(['ACTUAL', 'FORECAST']), threshold: z.string() });

/** Each threshold has its own alert: who is below the upper one again may be above the lower one still. */
const budgetKey = (id: string, kind: string, threshold: string) => `budget/${id}/${kind.toLowerCase()}/${threshold}`;

const anomaly = z.object({ id: z.string().min(1), day: z.iso.date(), service: z.string().nullish(), provider: z.string().nullish() }).refine(({ service, provider }) => service != null || provider != null, 'service or provider is missing');
const anomalyKey = ({ day, service, provider }: z.output<typeof anomaly>) => `cost-anomaly/${service != null ? `service/${service}` : `provider/${provider}`}/${day}`;

/** The domain that a rule cannot do without. */
function domainOf(event: CloudEvent): string {
  if (event.domain === undefined) throw new Error(`${event.type} names no domain`);
  return event.domain;
}

/** By full type. An event that is not here has no effect. */
export const rules: Readonly<Record<string, Rule>> = {
  'org.statehub.task.stale': rule(task, ({ id, code, workstream }, event) => [
    { do: 'raise', dedupKey: staleKey(id), severity: 'WARNING', title: `Task ${code} is stale`, detail: 'It is open and nobody touched it for as long as governance allows.', workstream, domain: event.domain, labels: { task: code } },
  ]),
  ...Object.fromEntries(['started', 'waiting', 'unblocked', 'done', 'cancelled', 'carried', 'reopened', 'updated'].map((verb) => [`org.statehub.task.${verb}`, moved])),

  'org.contribhub.sbom.ingested': rule(z.object({ id: z.string(), repo: z.string().min(1), licenceRisks: z.array(z.string()), licenceRiskCount: z.int().nullish() }), ({ repo, licenceRisks }, event) => {
    const dedupKey = `copyleft/${repo}`;
    if (licenceRisks.length === 0) return [{ do: 'resolve', dedupKey, note: 'The current bill of materials has no copyleft in a direct production dependency.' }];
    const named = licenceRisks.slice(0, 20).join(', ');
    const rest = licenceRisks.length > 20 ? ` and ${licenceRisks.length - 20} more` : '';
    return [{ do: 'raise', dedupKey, severity: 'ERROR', title: `Copyleft in ${licenceRisks.length} direct production ${licenceRisks.length === 1 ? 'dependency' : 'dependencies'} of ${repo}`, detail: `${named}${rest}`, repo, domain: event.domain }];
  }),

  'org.artifactstore.scrub.failed': rule(scrubbed, ({ id, blake3, backend, found, packageCount, workstreams, repos, services }, event) => [
    {
      do: 'raise', dedupKey: scrubKey(id), severity: 'CRITICAL', title: `Stored evidence is ${found.toLowerCase()} in ${backend}`, detail: `${blake3}, needed by ${packageCount} package${packageCount === 1 ? '' : 's'}.`,
      // bytes of packages that belong to nothing still need somebody: the hub that keeps them
      service: services[0] ?? (workstreams.length + repos.length > 0 ? undefined : 'artifacts'), workstream: workstreams[0], repo: repos[0], domain: event.domain, labels: { backend },
    },
  ]),
  'org.artifactstore.scrub.repaired': rule(scrubbed, ({ id, backend }) => [{ do: 'resolve', dedupKey: scrubKey(id), note: `The bytes in ${backend} are right again.` }]),

  'org.finhub.runway.breached': rule(runway, ({ escalated }, event) => {
    const domain = domainOf(event);
    return [{ do: 'raise', dedupKey: runwayKey(domain), severity: escalated ? 'CRITICAL' : 'ERROR', title: `The runway of ${domain} is below its ${escalated ? 'second ' : ''}threshold`, detail: 'Domain.runway says how long the money lasts, and by which assumptions.', domain }];
  }),
  'org.finhub.runway.recovered': rule(runway, (_data, event) => [{ do: 'resolve', dedupKey: runwayKey(domainOf(event)), note: 'The runway is above its threshold again.' }]),
  'org.finhub.budget.threshold_reached': rule(budget, ({ id, kind, threshold }, event) => {
    const domain = domainOf(event);
    return [{ do: 'raise', dedupKey: budgetKey(id, kind, threshold), severity: kind === 'ACTUAL' ? 'ERROR' : 'WARNING', title: `A budget of ${domain} ${kind === 'ACTUAL' ? 'has reached' : 'is forecast to reach'} its threshold of ${threshold} %`, domain, labels: { budget: id } }];
  }),
  'org.finhub.budget.threshold_left': rule(budget, ({ id, kind, threshold }) => [{ do: 'resolve', dedupKey: budgetKey(id, kind, threshold), note: 'The budget is below the threshold again.' }]),
  'org.finhub.cost.anomaly': rule(anomaly, (data, event) => {
    const { day, service, provider } = data;
    return [
      {
        do: 'raise', dedupKey: anomalyKey(data), severity: 'WARNING', title: `${service ?? provider} cost far more than usual on ${day}`, detail: 'costAnomalies says how much, and costs which charges.',
        // what a provider charges is of no service by itself: the hub that keeps the charges
        service: service ?? 'finance', domain: event.domain, labels: { day, ...(provider != null && { provider }) },
      },
    ];
  }),
  'org.finhub.cost.anomaly_left': rule(anomaly, (data) => [{ do: 'resolve', dedupKey: anomalyKey(data), note: 'The charges of the day were corrected.' }]),
};

/** What an event asks for. @throws what makes it unfit: its data is not as the rule needs it. */
export function effectsOf(event: CloudEvent): readonly Effect[] {
  return rules[event.type]?.(event) ?? [];
}
