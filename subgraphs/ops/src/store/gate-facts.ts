// What gates look at, for many of them at once: at most four statements, whatever their number.
import type { Sql } from '@hubgraph/kit/sql';
import { asksOf, type Finding, type GateEvidence } from '../gate/evaluate.ts';
import type { Gate, MigrationRun } from '../model.ts';
import { deployments } from './deployment.ts';
import { evidences, type EvidenceScope, type RequirementAsk } from './evidence.ts';
import { migrations } from './migration.ts';
import { risks } from './risk.ts';

const HOUR = 3_600_000;

/** The evidence, the release and the risk that each of some gates looks at now, by gate id. In a transaction that has locked them, what it finds stays so. */
export async function gateEvidence(sql: Sql, some: readonly Gate[], now: Date): Promise<Map<string, GateEvidence>> {
  if (some.length === 0) return new Map();
  const runs = await load(some.flatMap(({ migrationRunId }) => migrationRunId ?? []), (ids) => migrations.byIds(sql, ids));
  const runOf = (gate: Gate): MigrationRun | null => (gate.migrationRunId === null ? null : (runs.get(gate.migrationRunId) ?? null));
  const serviceOf = (gate: Gate) => gate.service ?? runOf(gate)?.service ?? null;
  const running = await releases(sql, some.flatMap((gate) => (gate.releaseDigest === null ? (serviceOf(gate) ?? []) : [])));
  const closed = await load(some.flatMap(({ decision, waiverRisk }) => (decision === 'WAIVED' && waiverRisk !== null ? [waiverRisk] : [])), (ids) => risks.byIds(sql, ids));

  const views = some.map((gate) => {
    const release = gate.releaseDigest ?? running.get(serviceOf(gate) ?? '') ?? null;
    const { scope, of } = scopeOf(gate, runOf(gate));
    const hours = new Map(gate.requirements.map(({ key, freshnessHours }) => [key, freshnessHours]));
    const asks = asksOf(gate.requirements, release).map((ask): RequirementAsk => {
      const fresh = hours.get(ask.requirement) ?? null;
      // Without a release the newest ones are found at once, however old; of one release they may be rare, so the search is bounded by what can count.
      return { key: `${gate.id} ${ask.key}`, scope, of, kind: ask.kind, environment: ask.environment, releaseDigest: ask.releaseDigest, take: ask.take, since: ask.releaseDigest === null || fresh === null ? null : new Date(now.getTime() - fresh * HOUR) };
    });
    return { gate, release, asks };
  });
  const findings = await evidences.forRequirements(sql, views.flatMap(({ asks }) => asks));
  return new Map(views.map(({ gate, release, asks }) => {
    const found = new Map<string, Finding>(asks.flatMap(({ key }) => {
      const finding = findings.get(key);
      return finding === undefined ? [] : [[key.slice(gate.id.length + 1), finding]];
    }));
    const risk = gate.waiverRisk === null ? undefined : closed.get(gate.waiverRisk);
    return [gate.id, { release, found, riskOpen: risk !== undefined && risk.status !== 'CLOSED' }];
  }));
}

/** Whose evidence counts for a gate: of the first that it has. */
function scopeOf(gate: Gate, run: MigrationRun | null): { readonly scope: EvidenceScope; readonly of: string } {
  if (run !== null) return { scope: 'migrationRun', of: run.code };
  if (gate.service !== null) return { scope: 'service', of: gate.service };
  return gate.workstream === null ? { scope: 'domain', of: gate.domain } : { scope: 'workstream', of: gate.workstream };
}

/** The release of each service that a gate without one of its own is about: what runs in production, before the first deployment there what runs in staging. */
async function releases(sql: Sql, slugs: readonly string[]): Promise<Map<string, string>> {
  if (slugs.length === 0) return new Map();
  const found = new Map<string, string>();
  for (const { service, environment, releaseDigest } of await deployments.running(sql, [...new Set(slugs)])) {
    if (environment === 'PRODUCTION' || (environment === 'STAGING' && !found.has(service))) found.set(service, releaseDigest);
  }
  return found;
}

async function load<Row>(keys: readonly string[], byKeys: (keys: readonly string[]) => Promise<Map<string, Row>>): Promise<Map<string, Row>> {
  return keys.length === 0 ? new Map() : byKeys([...new Set(keys)]);
}
