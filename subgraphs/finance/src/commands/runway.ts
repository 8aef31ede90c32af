import { changed, checkVersion } from '@hubgraph/kit/entity';
import { slugProblems } from '@hubgraph/kit/fields';
import { invalidField, Refused, versionConflict } from '@hubgraph/kit/refusal';
import type { Sql } from '@hubgraph/kit/sql';
import { crossingEvent, nextTold, type Told } from '../forecast/crossing.ts';
import { projectRunway, type Runway } from '../forecast/runway.ts';
import { dayOf } from '../money/calendar.ts';
import { compare, decimalProblem, isPositive, plain } from '../money/decimal.ts';
import type { RunwayPolicy } from '../model/index.ts';
import { flows, runwayPolicies } from '../store/index.ts';
import type { Work } from './common.ts';
import { CURRENCY } from './exchange-rate.ts';

export interface SetRunwayPolicyInput {
  readonly domain: string;
  readonly currency: string;
  /** Months. */
  readonly threshold: string;
  readonly secondThreshold?: string | null;
  readonly expectedVersion?: number | null;
}

/** Says when the runway of a domain is too short, and looks at it. What was told before counts on, so a lower threshold recovers it only a tenth above. */
export async function setRunwayPolicy(work: Work, { domain, currency, threshold, secondThreshold = null, expectedVersion }: SetRunwayPolicyInput): Promise<{ runway: Runway } | Refused> {
  const months = (field: string, value: string) => {
    const notDecimal = decimalProblem(value);
    return notDecimal !== null ? [invalidField([field], notDecimal)] : isPositive(value) ? [] : [invalidField([field], 'A threshold is more than 0 months.')];
  };
  const wrong = [
    ...slugProblems(domain, ['domain']),
    ...(CURRENCY.test(currency) ? [] : [invalidField(['currency'], 'A currency is three capital letters, such as USD.')]),
    ...months('threshold', threshold),
    ...(secondThreshold === null ? [] : months('secondThreshold', secondThreshold)),
  ];
  if (wrong.length === 0 && secondThreshold !== null && compare(secondThreshold, threshold) >= 0) wrong.push(invalidField(['secondThreshold'], 'The second threshold is below the first.'));
  if (wrong.length > 0) return new Refused(wrong);
  const wanted = { currency, threshold: plain(threshold), secondThreshold: secondThreshold === null ? null : plain(secondThreshold) };
  const policy = await putPolicy(work, domain, wanted, expectedVersion);
  if (policy instanceof Refused) return policy;
  const [runway] = await settleRunways(work, [domain]);
  return { runway: runway! };
}

async function putPolicy(work: Work, domain: string, wanted: Pick<RunwayPolicy, 'currency' | 'threshold' | 'secondThreshold'>, expectedVersion: number | null | undefined): Promise<RunwayPolicy | Refused> {
  const by = { updatedBy: work.caller.sub, updatedAt: work.now };
  const [before] = await runwayPolicies.lock(work.tx, [domain]);
  if (before === undefined) {
    if (expectedVersion != null) return versionConflict(expectedVersion, 0);
    const made = await runwayPolicies.insert(work.tx, { domain, ...wanted, told: 'OK', toldAt: null, ...by, version: 1 });
    // another made it meanwhile
    if (made === null) return putPolicy(work, domain, wanted, expectedVersion);
    return recordChange(work, null, made);
  }
  const conflict = checkVersion(before, expectedVersion);
  if (conflict !== null) return conflict;
  const changes = changed(before, wanted);
  return changes === null ? before : recordChange(work, before.told, await runwayPolicies.save(work.tx, before, { ...changes, ...by }));
}

function recordChange(work: Work, from: Told | null, policy: RunwayPolicy): RunwayPolicy {
  work.record('runway.changed', { subject: `runway/${policy.domain}`, domain: policy.domain, data: { id: policy.domain, from, to: policy.told, version: policy.version, escalated: policy.told === 'ESCALATED', monthsRemaining: null, threshold: policy.threshold } });
  return policy;
}

/**
 * Looks at the runways of some domains with their policies locked, and tells of those that crossed a threshold, once for each
 * crossing. Of a runway that is not known nothing is told.
 */
export async function settleRunways(work: Work, domains: readonly string[]): Promise<Runway[]> {
  const policies = await runwayPolicies.lock(work.tx, domains);
  if (policies.length === 0) return [];
  // after the locks, so that what others wrote before they let go is seen
  const facts = await flows.runwayFacts(work.tx, policies.map(({ domain }) => domain), dayOf(work.now));
  const runways: Runway[] = [];
  for (const policy of policies) {
    const runway = projectRunway(facts.get(policy.domain)!);
    runways.push(runway);
    const told = toldNext(policy.told, runway);
    const event = crossingEvent(policy.told, told);
    if (event === null) continue;
    const { version } = await runwayPolicies.save(work.tx, policy, { told, toldAt: work.now });
    work.record(event, { subject: `runway/${policy.domain}`, domain: policy.domain, data: { id: policy.domain, from: policy.told, to: told, version, escalated: told === 'ESCALATED', monthsRemaining: runway.months, threshold: policy.threshold } });
  }
  return runways;
}

function toldNext(told: Told, { status, months, threshold, secondThreshold }: Runway): Told {
  return status === 'UNKNOWN' || threshold === null ? told : nextTold(told, months?.expected ?? null, { threshold, secondThreshold });
}

/** Domains whose runway is to be told of, read without locks: most of the time none. Of these, or of all when null. */
export async function crossedRunways(sql: Sql, now: Date, domains: readonly string[] | null = null): Promise<string[]> {
  const policies = await runwayPolicies.byDomains(sql, domains ?? (await runwayPolicies.domains(sql)));
  if (policies.size === 0) return [];
  const facts = await flows.runwayFacts(sql, [...policies.keys()], dayOf(now));
  return [...policies.values()].filter(({ domain, told }) => toldNext(told, projectRunway(facts.get(domain)!)) !== told).map(({ domain }) => domain);
}
