import { MAX_LINE, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { invalidField, invalidInput, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { checkVersion } from '@hubgraph/kit/entity';
import type { Deployment, DeploymentResult, EnvironmentKind } from '../model.ts';
import { deployments, environments, services } from '../store/index.ts';
import type { Work } from './common.ts';
import { settleGates } from './gate-settle.ts';

/** Clocks of those who deploy may be ahead of ours by this much, in milliseconds. */
const AHEAD = 5 * 60_000;
/** `sha256:<hex>`, `blake3:<hex>`, or the hash of a commit. */
const DIGEST = /^(?:(?:sha256|sha512|blake3):[0-9a-f]{64,128}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Whether a text names a release by its content. */
export function isReleaseDigest(text: string): boolean {
  return DIGEST.test(text);
}

export interface RecordDeploymentInput {
  /** Slug. */
  readonly service: string;
  readonly environment: EnvironmentKind;
  /** Slug of the environment, when one is meant. */
  readonly place?: string | null;
  readonly releaseDigest: string;
  readonly release?: string | null;
  readonly startedAt?: Date | null;
  readonly finishedAt?: Date | null;
  readonly result: DeploymentResult;
  readonly actor?: string | null;
  /** Id of the deployment that this one undoes. */
  readonly rollbackOf?: string | null;
  /** Who tells, and what the deployment is called there: the same again changes nothing. */
  readonly source?: string | null;
  readonly sourceKey?: string | null;
  readonly expectedVersion?: number | null;
}

/**
 * Records that a release was, or is being, brought to an environment. The same source and key again: the same facts are
 * the same deployment; a RUNNING one that has ended meanwhile is finished.
 */
export async function recordDeployment(work: Work, input: RecordDeploymentInput): Promise<{ deployment: Deployment } | Refused> {
  const wrong = problemsOf(work, input);
  if (wrong.length > 0) return new Refused(wrong);
  const service = (await services.bySlugs(work.tx, [input.service])).get(input.service);
  if (service === undefined) return notFound('service', input.service, ['service']);
  const place = input.place == null ? null : (await environments.bySlugs(work.tx, [input.place])).get(input.place);
  if (place === undefined) return notFound('environment', input.place ?? '', ['place']);
  if (place !== null && place.kind !== input.environment) return invalidInput(['place'], `${place.slug} is ${place.kind} and not ${input.environment}.`);
  const undone = await undoneBy(work, input);
  if (undone instanceof Refused) return undone;

  const id = newId();
  const deployment: Deployment = {
    id, service: service.slug, environment: input.environment, place: place?.slug ?? null, releaseDigest: input.releaseDigest, release: input.release ?? null,
    startedAt: input.startedAt ?? work.now, finishedAt: input.result === 'RUNNING' ? null : (input.finishedAt ?? work.now), result: input.result, actor: input.actor ?? work.caller.sub,
    rollbackOfId: undone?.id ?? null, source: input.source ?? work.caller.sub, sourceKey: input.sourceKey ?? id, domain: service.domain, createdAt: work.now, updatedAt: work.now, version: 1,
  };
  const inserted = await deployments.insert(work.tx, deployment);
  if (inserted === null) return again(work, deployment);
  record(work, 'deployment.recorded', inserted);
  await release(work, inserted);
  return { deployment: inserted };
}

export interface FinishDeploymentInput {
  readonly id: string;
  readonly result: DeploymentResult;
  readonly finishedAt?: Date | null;
  readonly expectedVersion?: number | null;
}

/** Says how a RUNNING deployment ended. */
export async function finishDeployment(work: Work, input: FinishDeploymentInput): Promise<{ deployment: Deployment } | Refused> {
  const before = isUuid(input.id) ? await deployments.lockById(work.tx, input.id) : null;
  if (before === null) return notFound('deployment', input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  if (before.result !== 'RUNNING') return invalidInput(['result'], `The deployment ${before.result.toLowerCase()} already; a new attempt is a new deployment.`);
  if (input.result === 'RUNNING') return invalidInput(['result'], 'It is running already.');
  const finishedAt = input.finishedAt ?? work.now;
  const wrong = timeProblems(work, { startedAt: before.startedAt, finishedAt });
  if (wrong.length > 0) return new Refused(wrong);
  return finish(work, before, input.result, finishedAt);
}

async function finish(work: Work, before: Deployment, result: DeploymentResult, finishedAt: Date): Promise<{ deployment: Deployment }> {
  const deployment = await deployments.save(work.tx, before, { result, finishedAt }, work.now);
  record(work, 'deployment.finished', deployment);
  await release(work, deployment);
  return { deployment };
}

/** The source tells of a deployment that is known. */
async function again(work: Work, told: Deployment): Promise<{ deployment: Deployment } | Refused> {
  const known = await deployments.lockBySource(work.tx, told.source, told.sourceKey);
  if (known === null) throw new Error('a deployment that blocks another is not there');
  const same = (['service', 'environment', 'releaseDigest'] as const).every((field) => known[field] === told[field]);
  if (!same) return invalidInput(['sourceKey'], `${told.source} told of another deployment under this key: ${known.id}.`);
  if (known.result === 'RUNNING' && told.result !== 'RUNNING') return finish(work, known, told.result, told.finishedAt ?? work.now);
  if (known.result !== told.result && told.result !== 'RUNNING') return invalidInput(['result'], `The deployment ${known.result.toLowerCase()} already; a new attempt is a new deployment.`);
  return { deployment: known };
}

/** What runs there now has changed, and with it what gates look at. */
async function release(work: Work, { id, service, environment, place, releaseDigest, result }: Deployment): Promise<void> {
  if (result !== 'SUCCEEDED') return;
  if (place !== null) {
    const [one, there] = [(await services.bySlugs(work.tx, [service])).get(service), (await environments.bySlugs(work.tx, [place])).get(place)];
    if (one && there) await services.setRelease(work.tx, one.id, there.id, releaseDigest, id);
  }
  if (environment !== 'LOCAL') await settleGates(work, { services: [service] });
}

async function undoneBy(work: Work, { rollbackOf, service, environment }: RecordDeploymentInput): Promise<Deployment | null | Refused> {
  if (rollbackOf == null) return null;
  const undone = isUuid(rollbackOf) ? (await deployments.byIds(work.tx, [rollbackOf])).get(rollbackOf) : undefined;
  if (undone === undefined) return notFound('deployment', rollbackOf, ['rollbackOf']);
  return undone.service === service && undone.environment === environment ? undone : invalidInput(['rollbackOf'], `That one brought ${undone.service} to ${undone.environment}.`);
}

function problemsOf(work: Work, input: RecordDeploymentInput): MutationErrorData[] {
  const { service, place, releaseDigest, release, actor, source, sourceKey, result, startedAt, finishedAt } = input;
  return [
    ...slugProblems(service, ['service']),
    ...(place == null ? [] : slugProblems(place, ['place'])),
    ...(isReleaseDigest(releaseDigest) ? [] : [invalidField(['releaseDigest'], 'A release is named by its content: sha256:<hex>, blake3:<hex> or the hash of a commit.')]),
    ...textProblems({ release, actor, source, sourceKey }, MAX_LINE),
    ...(sourceKey != null && source == null ? [invalidField(['source'], 'A key is that of a source: name it.')] : []),
    ...(result === 'RUNNING' && finishedAt != null ? [invalidField(['finishedAt'], 'What is running has not finished.')] : []),
    ...timeProblems(work, { startedAt: startedAt ?? finishedAt ?? work.now, finishedAt: finishedAt ?? null }),
  ];
}

function timeProblems(work: Work, { startedAt, finishedAt }: { readonly startedAt: Date; readonly finishedAt: Date | null }): MutationErrorData[] {
  const latest = work.now.getTime() + AHEAD;
  return [
    ...(startedAt.getTime() > latest ? [invalidField(['startedAt'], 'This is in the future.')] : []),
    ...(finishedAt !== null && finishedAt.getTime() > latest ? [invalidField(['finishedAt'], 'This is in the future.')] : []),
    ...(finishedAt !== null && finishedAt < startedAt ? [invalidField(['finishedAt'], 'It finished before it started.')] : []),
  ];
}

function record(work: Work, name: 'deployment.recorded' | 'deployment.finished', { id, service, environment, releaseDigest, release, result, rollbackOfId, version, domain }: Deployment): void {
  work.record(name, { subject: `deployment/${id}`, domain, data: { id, service, environment, releaseDigest, release, result, rollbackOf: rollbackOfId, version } });
}
