import { createHubBuilder, type HubContext } from '@hubgraph/kit/graphql/builder';
import { pageArgs } from '@hubgraph/kit/graphql/connection';
import { sharedTypes, type TransitionRecordRow } from '@hubgraph/kit/graphql/shared';
import type { Changes } from '@hubgraph/kit/change';
import type { Sql } from '@hubgraph/kit/sql';
import { historyOf } from '@hubgraph/kit/store';
import type { EscalateMinutes } from '../alert/escalation.ts';
import type { OpsEvents } from '../events.ts';
import * as model from '../model.ts';

/** What ops resolvers have in hand. */
export interface OpsContext extends HubContext {
  /** Reads outside of transactions. */
  readonly sql: Sql;
  readonly changes: Changes<OpsEvents>;
  readonly now: () => Date;
  /** After how long things happen to alerts. */
  readonly alerting: { readonly acknowledgedHours: number; readonly escalateMinutes: EscalateMinutes };
}

/** The hub's schema builder; every file of this folder adds one noun to it. */
export const builder = createHubBuilder<OpsContext>();
export const shared = sharedTypes(builder);
export const paging = pageArgs(builder);

/** Reading needs this scope. */
export const READ: ['hub:read'][] = [['hub:read']];

function words<const Values extends readonly string[]>(name: string, description: string, values: Values, said: Readonly<Record<Values[number], string>>) {
  return builder.enumType(name, { description, values: Object.fromEntries(values.map((value) => [value, { description: said[value as Values[number]] }])) as Record<Values[number], { description: string }> });
}
export const EnvironmentKind = words('EnvironmentKind', 'Kind of environment.', model.ENVIRONMENT_KINDS, { LOCAL: 'A developer\'s machine or CI; never counts for a gate.', STAGING: 'Like production, without its users.', PRODUCTION: 'Where the users are.' });
export const ServiceTier = words('ServiceTier', 'How much depends on a service.', model.SERVICE_TIERS, { TIER_1: 'Everything stops without it.', TIER_2: 'Much stops without it.', TIER_3: 'Some people notice.', TIER_4: 'Hardly anybody notices.' });
export const DeploymentResult = words('DeploymentResult', 'How a deployment ended.', model.DEPLOYMENT_RESULTS, { RUNNING: 'It goes on.', SUCCEEDED: 'The release runs.', FAILED: 'The release does not run.', CANCELLED: 'Somebody stopped it.' });
export const EvidenceKind = words('EvidenceKind', 'What was observed.', model.EVIDENCE_KINDS, {
  SMOKE: 'A few requests that show that it works.', PROBE: 'A measurement from outside.', DUAL_RUN: 'Two systems compared on the same requests.', IMPORT: 'Data brought into a system, with counts.', BUNDLE_VALIDATION: 'A bundle of data checked before its import.',
  READINESS_REPORT: 'A summary of checks.', ROLLBACK_REHEARSAL: 'The way back, tried.', BACKUP_RESTORE: 'A backup, restored.',
});
export const EvidenceResult = words('EvidenceResult', 'What an observation says.', model.EVIDENCE_RESULTS, { PASS: 'As it should be.', FAIL: 'Not as it should be.' });
export const GateStatus = words('GateStatus', 'Where a gate stands; PENDING and READY are computed from evidence.', model.GATE_STATUSES, { PENDING: 'Evidence is missing.', READY: 'Every requirement is met; somebody has to pass it.', PASSED: 'Passed, and the evidence still holds.', FAILED: 'Evidence or a person says no.', WAIVED: 'Passed over by a decision, until it expires.' });
export const GatePhase = words('GatePhase', 'The step of a migration that a gate guards.', model.GATE_PHASES, { CUTOVER: 'Before the new system serves.', RETIREMENT: 'Before the old system goes.' });
export const MigrationStatus = words('MigrationRunStatus', 'Where a migration stands.', model.MIGRATION_STATUSES, { PLANNED: 'Named.', VALIDATED: 'The bundle is sound.', IMPORTED: 'The data is in the new system.', DUAL_RUNNING: 'Both systems answer.', CUT_OVER: 'The new system serves.', ROLLED_BACK: 'Back to the old system.', RETIRED: 'The old system is gone.' });
export const AlertStatus = words('AlertStatus', 'State of an alert.', model.ALERT_STATUSES, { RAISED: 'Nobody has it.', ACKNOWLEDGED: 'Somebody has it.', RESOLVED: 'Over.' });
export const AlertSeverity = words('AlertSeverity', 'How bad it is.', model.ALERT_SEVERITIES, { INFO: 'Good to know.', WARNING: 'Will be bad if nobody looks.', ERROR: 'Something does not work.', CRITICAL: 'Act now.' });
export const SubjectKind = words('SubjectKind', 'What an alert or a risk is about.', model.SUBJECT_KINDS, { SERVICE: 'A service.', WORKSTREAM: 'A workstream.', REPO: 'A repo.', DOMAIN: 'A domain.', PACKAGE: 'A package.' });
export const RiskStatus = words('RiskStatus', 'State of a risk.', model.RISK_STATUSES, { SURFACED: 'Seen.', ESCALATED: 'Given to a higher level.', MITIGATED: 'Something was done.', ACCEPTED: 'Borne, by a decision.', CLOSED: 'Its subject is gone.' });

/** The history of one entity, batched over all that a request asks for. */
export async function loadHistory(context: OpsContext, noun: string, id: string): Promise<TransitionRecordRow[]> {
  const lines = await context.loaders.load(`${noun}.history`, id, (ids) => historyOf<TransitionRecordRow & { entityId: string }>(context.sql, noun, ids));
  return lines ?? [];
}
