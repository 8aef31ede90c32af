import { PublicError } from '@hubgraph/kit/errors';
import { isUuid } from '@hubgraph/kit/ids';
import type { Sql } from '@hubgraph/kit/sql';
import { asOf } from '../alert/state.ts';
import type { Alert, Gate, MigrationRun, Risk, Service } from '../model.ts';
import { alerts, gates, migrations, risks, services, suppressions, type AlertFilter, type GateParent, type RiskFilter } from '../store/index.ts';
import { statesOf, type GateNow } from './gate-state.ts';

/** What readiness is asked of: exactly one. */
export interface ReadinessScope {
  /** Slug. */
  readonly domain?: string | null;
  /** Slug. */
  readonly service?: string | null;
  /** Code. */
  readonly workstream?: string | null;
  /** Id or code. */
  readonly migrationRun?: string | null;
}

/** Something that somebody has to do now. */
export interface Action {
  readonly who: string;
  readonly what: string;
  readonly since: Date;
}

/** One summary for a person. */
export interface Readiness {
  /** Whether there is a gate, all are passed or waived, and no alert blocks. */
  readonly ready: boolean;
  readonly gates: readonly { readonly gate: Gate; readonly state: GateNow }[];
  /** Those that block first: ERROR and CRITICAL ones that nothing suppresses; at most {@link MOST_ALERTS}. */
  readonly openAlerts: readonly Alert[];
  /** The longest-standing first. */
  readonly actionRequired: readonly Action[];
}

const MOST_ALERTS = 200;
const MOST_RISKS = 200;
const DAY = 86_400_000;
/** How long before its end a waiver is spoken of, in milliseconds. */
const SOON = 7 * DAY;

/** What a scope looks at. */
interface Place {
  readonly parent: GateParent;
  readonly key: string;
  /** Alerts that fit any of these. */
  readonly alerts: readonly AlertFilter[];
  readonly risks: readonly RiskFilter[];
}

/**
 * Says whether a domain, service, workstream or migration run is ready, what stands in the way and who has to act. Null for
 * a service or run that is not known; domains and workstreams are other hubs' nouns, so one without gates is not ready.
 *
 * @throws PublicError `BAD_USER_INPUT` unless exactly one is named.
 */
export async function readinessOf(sql: Sql, scope: ReadinessScope, now: Date): Promise<Readiness | null> {
  const place = await placeOf(sql, scope);
  if (place === null) return null;
  const [judged, { open, suppressed }, overdue] = await Promise.all([judgedGates(sql, place, now), openAlerts(sql, place, now), overdueRisks(sql, place, now)]);
  const blocking = open.filter((alert) => isSevere(alert) && !suppressed.has(alert.id));
  const owners = await services.bySlugs(sql, [...new Set([...judged.map(({ gate }) => gate.service), ...open.map(({ service }) => service)].filter((slug) => slug !== null))]);
  const actions = [
    ...judged.flatMap(({ gate, state }) => gateActions(gate, state, owners, now)),
    ...open.filter((alert) => !suppressed.has(alert.id)).flatMap((alert) => alertActions(alert, owners)),
    ...overdue.map((risk): Action => ({ who: risk.owner, what: `Review the risk "${risk.title}": its review date, ${day(risk.reviewDate!)}, is over.`, since: new Date(risk.reviewDate!.getTime() + DAY) })),
  ];
  return {
    ready: judged.length > 0 && blocking.length === 0 && judged.every(({ state: { status } }) => status === 'PASSED' || status === 'WAIVED'),
    gates: judged,
    openAlerts: [...blocking, ...open.filter((alert) => !blocking.includes(alert))].slice(0, MOST_ALERTS),
    actionRequired: actions.sort((a, b) => a.since.getTime() - b.since.getTime()),
  };
}

async function placeOf(sql: Sql, { domain, service, workstream, migrationRun }: ReadinessScope): Promise<Place | null> {
  const given = [domain, service, workstream, migrationRun].filter((key) => key != null).length;
  if (given !== 1) throw new PublicError('BAD_USER_INPUT', `Name exactly one of domain, service, workstream and migrationRun; ${given} are given.`);
  if (domain != null) return { parent: 'domain', key: domain, alerts: [{ domains: [domain] }], risks: [{ domains: [domain] }] };
  if (workstream != null) return { parent: 'workstream', key: workstream, alerts: [{ workstreams: [workstream] }], risks: [{ workstreams: [workstream] }] };
  if (service != null) return (await services.bySlugs(sql, [service])).has(service) ? { parent: 'service', key: service, alerts: [{ services: [service] }], risks: [{ services: [service] }] } : null;
  const run = await runNamed(sql, migrationRun!);
  if (run === null) return null;
  const about = [...(run.service === null ? [] : [{ services: [run.service] }]), ...(run.workstream === null ? [] : [{ workstreams: [run.workstream] }])];
  return { parent: 'migrationRunId', key: run.id, alerts: about, risks: about };
}

async function runNamed(sql: Sql, named: string): Promise<MigrationRun | null> {
  const run = isUuid(named) ? (await migrations.byIds(sql, [named])).get(named.toLowerCase()) : (await migrations.byCodes(sql, [named])).get(named);
  return run ?? null;
}

async function judgedGates(sql: Sql, { parent, key }: Place, now: Date): Promise<Readiness['gates']> {
  const some = await gates.all(sql, {}, { parent, keys: [key] });
  const states = await statesOf(sql, new Map(some.map((gate) => [gate.id, gate])), now);
  return some.map((gate) => ({ gate, state: states.get(gate.id)! }));
}

/** Open alerts, the most severe first, and those of them that nobody needs to hear of now. */
async function openAlerts(sql: Sql, place: Place, now: Date): Promise<{ readonly open: readonly Alert[]; readonly suppressed: ReadonlyMap<string, unknown> }> {
  const found = new Map<string, Alert>();
  for (const filter of place.alerts) {
    const worst = await alerts.open(sql, filter, now, MOST_ALERTS);
    // Among so many, those that nothing suppresses may stand behind those that something does.
    const unsuppressed = worst.length < MOST_ALERTS ? [] : (await alerts.page(sql, { filter: { ...filter, open: true, severities: ['ERROR', 'CRITICAL'] }, order: 'SEVERITY_DESC', now, suppressed: await suppressions.condition(sql, false, now) }, { first: MOST_ALERTS })).edges.map(({ node }) => node);
    for (const alert of [...unsuppressed, ...worst]) found.set(alert.id, asOf(alert, now));
  }
  const open = [...found.values()].sort((a, b) => b.severityRank - a.severityRank || b.lastAt.getTime() - a.lastAt.getTime());
  return { open, suppressed: open.length === 0 ? new Map() : await suppressions.of(sql, open, now) };
}

async function overdueRisks(sql: Sql, place: Place, now: Date): Promise<Risk[]> {
  const found = new Map<string, Risk>();
  for (const filter of place.risks) {
    const page = await risks.page(sql, { filter: { ...filter, statuses: ['SURFACED', 'ESCALATED', 'MITIGATED', 'ACCEPTED'], reviewDueBefore: now.toISOString().slice(0, 10) }, order: 'SCORE_DESC' }, { first: MOST_RISKS });
    for (const { node } of page.edges) found.set(node.id, node);
  }
  return [...found.values()];
}

function gateActions(gate: Gate, { status, since, requirements }: GateNow, owners: ReadonlyMap<string, Service>, now: Date): Action[] {
  const { code, owner } = gate;
  switch (status) {
    case 'READY':
      return [{ who: owner, what: `Pass the gate ${code}: every requirement is met.`, since }];
    case 'PENDING': {
      // Evidence is made by those who run the service; without one, whoever wants to pass sees to it.
      const who = (gate.service === null ? undefined : owners.get(gate.service)?.owner) ?? owner;
      return requirements.flatMap(({ missing }) => missing.map((sentence) => ({ who, what: `Record evidence for the gate ${code}. ${sentence}`, since })));
    }
    case 'FAILED':
      return [{ who: owner, what: `Mend what failed at the gate ${code}, then reopen it${gate.note === null ? '.' : `: ${gate.note}`}`, since }];
    case 'WAIVED': {
      const begins = gate.waiverUntil!.getTime() - SOON;
      return begins > now.getTime() ? [] : [{ who: owner, what: `Meet the requirements of the gate ${code} or have it waived anew: its waiver ends at ${gate.waiverUntil!.toISOString()}.`, since: new Date(Math.max(begins, since.getTime())) }];
    }
    case 'PASSED':
      return [];
  }
}

/** An alert that nobody has is for whoever answers for what it is about; a severe one that somebody has is for them to end. */
function alertActions(alert: Alert, owners: ReadonlyMap<string, Service>): Action[] {
  const named = `the ${alert.severity} alert "${alert.title}"`;
  if (alert.status === 'ACKNOWLEDGED') return isSevere(alert) ? [{ who: alert.owner ?? 'whoever took it', what: `Resolve ${named}.`, since: alert.acknowledgedAt ?? alert.firstAt }] : [];
  const owner = alert.service === null ? undefined : owners.get(alert.service)?.owner;
  return [{ who: owner ?? (alert.domain === null ? 'an operator' : `maintainer of the domain ${alert.domain}`), what: `Take ${named}.`, since: alert.waitsSince }];
}

const isSevere = ({ severity }: Alert): boolean => severity === 'ERROR' || severity === 'CRITICAL';
const day = (date: Date): string => date.toISOString().slice(0, 10);
