import { Kind, type GraphQLResolveInfo } from 'graphql';
import { isUuid } from '@hubgraph/kit/ids';
import { gateFacts } from '../commands/gate-settle.ts';
import type { RequirementState } from '../gate/evaluate.ts';
import { gateLifecycle } from '../lifecycle/gate.ts';
import type * as model from '../model.ts';
import { gates, risks } from '../store/index.ts';
import { builder, EnvironmentKind, EvidenceKind, GatePhase, GateStatus, loadHistory, shared, type OpsContext } from './builder.ts';
import { evidenceById } from './evidence.ts';
import { gateState } from './gate-state.ts';
import { migrationById } from './migration-load.ts';
import { Domain, Evidence, Gate, MigrationRun, Risk, Service, Workstream } from './refs.ts';
import { serviceBySlug } from './service.ts';

/** Loads gates by id, batched. */
export const gateById = (context: OpsContext, id: string) => (isUuid(id) ? context.loaders.load('Gate.id', id.toLowerCase(), (ids) => gates.byIds(context.sql, ids)) : null);
/** Loads gates by code, batched. */
export const gateByCode = (context: OpsContext, code: string) => context.loaders.load('Gate.code', code, (codes) => gates.byCodes(context.sql, codes));

/** Fields of evidence that a gate knows without reading the observations again; its own evaluation has read the index only. */
const KNOWN = new Set(['__typename', 'id', 'kind', 'environment', 'result', 'observedAt']);

async function shownEvidence(context: OpsContext, kind: model.EvidenceKind, shown: RequirementState['evidence'], { fieldNodes }: GraphQLResolveInfo): Promise<model.Evidence[]> {
  const enough = fieldNodes.every((node) => node.selectionSet?.selections.every((selection) => selection.kind === Kind.FIELD && KNOWN.has(selection.name.value)));
  if (enough) return shown.map((sighting) => ({ ...sighting, kind, result: 'PASS' }) as model.Evidence);
  return (await Promise.all(shown.map(({ id }) => evidenceById(context, id)))).filter((one) => one !== null);
}

const Requirement = builder.objectRef<RequirementState>('GateRequirement').implement({
  description: 'One thing that a gate asks of the evidence, and whether it is met now. In each of its environments the newest observation must have passed, and `minimum` passing ones be fresh.',
  fields: (t) => ({
    key: t.string({ description: 'Unique within the gate.', resolve: ({ requirement }) => requirement.key }),
    kind: t.field({ type: EvidenceKind, description: 'What must have been observed.', resolve: ({ requirement }) => requirement.kind }),
    environments: t.field({ type: [EnvironmentKind], description: 'Where: in each of these. LOCAL never counts.', resolve: ({ requirement }) => [...requirement.environments] }),
    freshnessHours: t.int({ nullable: true, description: 'Observations older than this many hours do not count; null: any age.', resolve: ({ requirement }) => requirement.freshnessHours }),
    minimum: t.int({ description: 'How many passing observations are needed in each environment.', resolve: ({ requirement }) => requirement.minimum }),
    sameRelease: t.boolean({ description: 'Whether they must be of the gate\'s release.', resolve: ({ requirement }) => requirement.sameRelease }),
    met: t.exposeBoolean('met', { description: 'Whether the evidence meets it now.' }),
    evidence: t.field({ type: [Evidence], description: 'The newest observations that count, newest first, at most 20.', resolve: ({ requirement, evidence }, _args, context, info) => shownEvidence(context, requirement.kind, evidence, info) }),
    missing: t.stringList({ description: 'What is missing: one sentence for each environment in which it is not met.', resolve: ({ missing }) => [...missing] }),
  }),
});

const Waiver = builder.objectRef<model.Gate>('GateWaiver').implement({
  description: 'That a decision passes over a gate.',
  fields: (t) => ({
    decision: t.string({ description: 'Id or code of the decision.', resolve: (gate) => gate.waiverDecision ?? '' }),
    risk: t.field({ type: Risk, nullable: true, description: 'The risk that is borne meanwhile; when it is closed, the waiver ends.', resolve: (gate, _args, context) => (gate.waiverRisk === null ? null : context.loaders.load('Risk.id', gate.waiverRisk, (ids) => risks.byIds(context.sql, ids))) }),
    until: t.field({ type: 'DateTime', nullable: true, description: 'When it ends.', resolve: (gate) => gate.waiverUntil }),
  }),
});

/** What was decided, when it holds still. */
const held = async <Value>(gate: model.Gate, context: OpsContext, value: Value): Promise<Value | null> => {
  const { status } = await gateState(context, gate);
  return status === 'PENDING' || status === 'READY' ? null : value;
};

Gate.implement({
  description: 'A live query over evidence that a person passes, never ticks. PENDING and READY are computed at the moment of asking; what was passed or waived falls back by itself.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }),
    code: t.exposeString('code', { description: 'What people call it; unique.' }),
    title: t.exposeString('title', { description: 'What it guards, in one line.' }),
    domain: t.field({ type: Domain, nullable: true, description: 'The domain that it belongs to.', resolve: ({ domain }) => ({ slug: domain }) }),
    service: t.field({ type: Service, nullable: true, description: 'The service that it is about.', resolve: ({ service }, _args, context) => (service === null ? null : serviceBySlug(context, service)) }),
    workstream: t.field({ type: Workstream, nullable: true, description: 'The workstream that it guards. Its key is kept as it was given: asked for more than the key, one that governance does not know is null.', resolve: ({ workstream }) => (workstream === null ? null : { code: workstream }) }),
    migrationRun: t.field({ type: MigrationRun, nullable: true, description: 'The migration run that it guards a step of.', resolve: ({ migrationRunId }, _args, context) => (migrationRunId === null ? null : migrationById(context, migrationRunId)) }),
    phase: t.field({ type: GatePhase, nullable: true, description: 'The step of the migration run that it guards.', resolve: ({ phase }) => phase }),
    owner: t.exposeString('owner', { description: 'Who passes it, and answers for that.' }),
    status: t.field({ type: GateStatus, description: 'Where it stands now.', resolve: async (gate, _args, context) => (await gateState(context, gate)).status }),
    statusSince: t.field({ type: 'DateTime', description: 'Since when it stands there.', resolve: async (gate, _args, context) => (await gateState(context, gate)).since }),
    changesAt: t.field({ type: 'DateTime', nullable: true, description: 'When time alone changes the status, if nothing else happens: evidence is too old then, or the waiver ends. Null: never.', resolve: async (gate, _args, context) => (await gateState(context, gate)).changesAt }),
    releaseDigest: t.string({ nullable: true, description: 'The release that it is about: as it was given, else the one that runs in production, before the first deployment there the one in staging. Null: none is known.', resolve: async (gate, _args, context) => (await gateState(context, gate)).release }),
    requirements: t.field({ type: [Requirement], description: 'What it asks of the evidence, and how that stands now.', resolve: async (gate, _args, context) => [...(await gateState(context, gate)).requirements] }),
    missing: t.stringList({ description: 'All that is missing, in sentences.', resolve: async (gate, _args, context) => [...(await gateState(context, gate)).missing] }),
    decidedAt: t.field({ type: 'DateTime', nullable: true, description: 'When it was passed, failed or waived; null when nothing of that holds.', resolve: (gate, _args, context) => held(gate, context, gate.decidedAt) }),
    decidedBy: t.string({ nullable: true, description: 'Who did.', resolve: (gate, _args, context) => held(gate, context, gate.decidedBy) }),
    note: t.string({ nullable: true, description: 'Why, as they say.', resolve: (gate, _args, context) => held(gate, context, gate.note) }),
    waiver: t.field({ type: Waiver, nullable: true, description: 'What passes over it, while it is WAIVED.', resolve: async (gate, _args, context) => ((await gateState(context, gate)).status === 'WAIVED' ? gate : null) }),
    version: t.exposeInt('version', { description: 'Rises by one with every change that an event tells of; hand it back as `expectedVersion`.' }),
    createdBy: t.exposeString('createdBy', { description: 'Who defined it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was defined.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    allowedTransitions: t.field({
      type: [shared.Allowed],
      description: 'Every move from where it stands now, and for each whether the caller may make it and what is missing. settleGate is the hub\'s own: there is no mutation for it.',
      resolve: async (gate, _args, context) => {
        const state = await gateState(context, gate);
        return gateLifecycle.allowed(state.status, gateFacts(state, context.now()), context.identity);
      },
    }),
    history: t.field({ type: [shared.Transition], description: 'Every transition that was told so far, oldest first. One that is computed stands there once a sweep or a change has told it, within a minute.', resolve: (gate, _args, context) => loadHistory(context, 'Gate', gate.id) }),
  }),
});
builder.asEntity(Gate, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }, context) => gateById(context, id) });
