import { defineEvents } from '@hubgraph/kit/events';
import { z } from 'zod';
import { manifest } from './manifest.ts';
import { ALERT_SEVERITIES, ALERT_STATUSES, DEPLOYMENT_RESULTS, ENVIRONMENT_KINDS, EVIDENCE_KINDS, EVIDENCE_RESULTS, GATE_STATUSES, MIGRATION_STATUSES, RISK_STATUSES, SERVICE_TIERS, SUBJECT_KINDS } from './model.ts';

const READ = [['hub:read']] as const;
const id = z.uuid().describe('Key of the entity');
const key = (of: string) => z.string().nullish().describe(of);
const version = z.int().positive();
const subjects = { subject: z.enum(SUBJECT_KINDS), service: key('Slug of the service'), workstream: key('Code of the workstream'), repo: key('Slug of the repo'), package: key('Purl of the package') };
const list = (path: string, description: string) => ({ type: '[String!]', path, description });

const service = (description: string) => ({ version: 1, description, data: z.object({ id, slug: z.string(), name: z.string(), repo: key('Slug of the repo'), owner: z.string(), tier: z.enum(SERVICE_TIERS), version }) });
const deployment = (description: string) => ({
  version: 1,
  description,
  data: z.object({ id, service: z.string(), environment: z.enum(ENVIRONMENT_KINDS), releaseDigest: z.string(), release: key('Name of the release'), result: z.enum(DEPLOYMENT_RESULTS), rollbackOf: key('Id of the deployment that it undoes'), version }),
});
const alert = (description: string) => ({
  version: 1,
  description,
  feed: 'alertChanged',
  data: z.object({ id, from: z.enum(ALERT_STATUSES).nullable(), to: z.enum(ALERT_STATUSES), version, dedupKey: z.string(), severity: z.enum(ALERT_SEVERITIES), title: z.string(), ...subjects, owner: key('Who has it'), count: z.int(), escalation: z.int(), suppressed: z.boolean().describe('Whether a silence or an inhibition says that nobody needs to hear of it now') }),
});
const risk = (description: string) => ({
  version: 1,
  description,
  feed: 'riskChanged',
  data: z.object({ id, from: z.enum(RISK_STATUSES).nullable(), to: z.enum(RISK_STATUSES), version, title: z.string(), score: z.int(), residualScore: z.int().nullish(), owner: z.string(), level: key('Level that it was escalated to'), ...subjects }),
});
const gate = (description: string) => ({
  version: 1,
  description,
  feed: 'gateChanged',
  data: z.object({ id, code: z.string(), from: z.enum(GATE_STATUSES).nullable(), to: z.enum(GATE_STATUSES), version, service: key('Slug of the service'), workstream: key('Code of the workstream'), migrationRun: key('Id of the migration run'), releaseDigest: key('Release that it is about'), missing: z.array(z.string()).max(50).describe('Requirements without evidence'), reason: z.string().nullish() }),
});
const migration = (description: string) => ({
  version: 1,
  description,
  data: z.object({ id, code: z.string(), from: z.enum(MIGRATION_STATUSES).nullable(), to: z.enum(MIGRATION_STATUSES), version, service: key('Slug of the service'), workstream: key('Code of the workstream'), reason: z.string().nullish() }),
});

/** What others may rely on from ops. */
export const events = defineEvents({
  manifest,
  feeds: {
    alertChanged: {
      noun: 'Alert',
      description: 'Alerts as they are raised, repeated, taken and resolved.',
      status: 'AlertStatus',
      scopes: READ,
      filter: {
        severities: { type: '[AlertSeverity!]', path: 'data.severity', description: 'Severities.' },
        services: list('data.service', 'Slugs of services.'),
        domains: list('domain', 'Slugs of domains.'),
        workstreams: list('data.workstream', 'Codes of workstreams.'),
        repos: list('data.repo', 'Slugs of repos.'),
        statuses: { type: '[AlertStatus!]', path: 'data.to', description: 'States after the change.' },
        dedupKeys: list('data.dedupKey', 'Keys by which repeats are recognised.'),
        types: list('type', 'Full event types.'),
      },
      snapshot: { list: 'alerts', order: 'CREATED', filter: { severities: 'severities', services: 'services', domains: 'domains', workstreams: 'workstreams', repos: 'repos', statuses: 'statuses' }, unless: { statuses: ['RAISED', 'ACKNOWLEDGED'] } },
    },
    riskChanged: {
      noun: 'Risk',
      description: 'Risks as they change state.',
      status: 'RiskStatus',
      scopes: READ,
      filter: {
        services: list('data.service', 'Slugs of services.'),
        domains: list('domain', 'Slugs of domains.'),
        workstreams: list('data.workstream', 'Codes of workstreams.'),
        statuses: { type: '[RiskStatus!]', path: 'data.to', description: 'States after the change.' },
      },
      snapshot: { list: 'risks', order: 'CREATED', filter: { services: 'services', domains: 'domains', workstreams: 'workstreams', statuses: 'statuses' }, unless: { statuses: ['SURFACED', 'ESCALATED', 'MITIGATED', 'ACCEPTED'] } },
    },
    gateChanged: {
      noun: 'Gate',
      description: 'Gates as they become ready, are decided or fall back.',
      status: 'GateStatus',
      scopes: READ,
      filter: {
        codes: list('data.code', 'Codes of gates.'),
        services: list('data.service', 'Slugs of services.'),
        domains: list('domain', 'Slugs of domains.'),
        workstreams: list('data.workstream', 'Codes of workstreams.'),
        statuses: { type: '[GateStatus!]', path: 'data.to', description: 'States after the change.' },
      },
      snapshot: { list: 'gates', order: 'CODE', filter: { codes: 'codes', services: 'services', domains: 'domains', workstreams: 'workstreams' } },
    },
    evidenceRecorded: {
      noun: 'Evidence',
      description: 'Observations as they are recorded.',
      scopes: READ,
      filter: {
        kinds: { type: '[EvidenceKind!]', path: 'data.kind', description: 'Kinds of evidence.' },
        environments: { type: '[EnvironmentKind!]', path: 'data.environment', description: 'Kinds of environment.' },
        results: { type: '[EvidenceResult!]', path: 'data.result', description: 'Results.' },
        services: list('data.service', 'Slugs of services.'),
        domains: list('domain', 'Slugs of domains.'),
        workstreams: list('data.workstream', 'Codes of workstreams.'),
      },
      snapshot: { list: 'evidences', order: 'OBSERVED', filter: { kinds: 'kinds', environments: 'environments', results: 'results', services: 'services', domains: 'domains', workstreams: 'workstreams' } },
    },
  },
  types: {
    'service.registered': service('A service was registered.'),
    'service.updated': service('What is known of a service changed.'),
    'service.retired': service('A service runs no more.'),
    'deployment.recorded': deployment('A release was, or is being, brought to an environment.'),
    'deployment.finished': deployment('A deployment that was running came to its end.'),
    'evidence.recorded': {
      version: 1,
      description: 'Something was observed.',
      feed: 'evidenceRecorded',
      data: z.object({ id, kind: z.enum(EVIDENCE_KINDS), environment: z.enum(ENVIRONMENT_KINDS), result: z.enum(EVIDENCE_RESULTS), service: key('Slug of the service'), workstream: key('Code of the workstream'), migrationRun: key('Code of the migration run'), releaseDigest: key('Release that was observed'), observedAt: z.iso.datetime(), source: z.string() }),
    },
    'alert.raised': alert('An alert was raised.'),
    'alert.repeated': alert('An open alert was raised again, or its severity rose.'),
    'alert.acknowledged': alert('Somebody took an alert.'),
    'alert.returned': alert('An alert was given back, or its acknowledgement lapsed.'),
    'alert.escalated': alert('Nobody took an alert in time; it went to the next level.'),
    'alert.resolved': alert('An alert is over.'),
    'risk.surfaced': risk('A risk was seen, or seen again.'),
    'risk.updated': risk('What is known of a risk changed.'),
    'risk.escalated': risk('A risk went to a higher level.'),
    'risk.mitigated': risk('Something was done about a risk.'),
    'risk.accepted': risk('A risk is borne, by a decision.'),
    'risk.closed': risk('The subject of a risk is gone.'),
    'gate.defined': gate('A gate was defined.'),
    'gate.updated': gate('What a gate asks, or who answers for it, changed.'),
    'gate.ready': gate('Evidence meets every requirement of a gate.'),
    'gate.passed': gate('Somebody passed a gate.'),
    'gate.failed': gate('Evidence or somebody says no.'),
    'gate.reopened': gate('A failed gate is open again.'),
    'gate.waived': gate('A decision passes over a gate for a time.'),
    'gate.expired': gate('A gate fell back: evidence expired, the release changed or a waiver ended.'),
    'migration.planned': migration('A migration was planned.'),
    'migration.validated': migration('The bundle of a migration is sound.'),
    'migration.imported': migration('The data of a migration is in the new system.'),
    'migration.dual_running': migration('Both systems answer and are compared.'),
    'migration.cut_over': migration('The new system serves.'),
    'migration.rolled_back': migration('A migration went back to the old system.'),
    'migration.retired': migration('The old system is gone.'),
  },
});

export type OpsEvents = (typeof events)['types'];
