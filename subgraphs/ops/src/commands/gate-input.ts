import { lineProblems, slugProblems } from '@hubgraph/kit/fields';
import { isUuid } from '@hubgraph/kit/ids';
import { invalidField, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { EVIDENCE_KINDS, type EnvironmentKind, type EvidenceKind, type GatePhase, type MigrationRun, type Requirement } from '../model.ts';
import { migrations, services } from '../store/index.ts';
import type { Work } from './common.ts';
import { isReleaseDigest } from './deployment.ts';
import { secretProblems } from './secrets.ts';

const MOST_REQUIREMENTS = 20;
const MOST_OBSERVATIONS = 100;
/** Ten years. */
const MOST_HOURS = 87_600;
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const WORKSTREAM = /^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-WP-\d+$/;

/** One requirement as a caller gives it. */
export interface RequirementInput {
  readonly key: string;
  readonly kind: EvidenceKind;
  readonly environments: readonly EnvironmentKind[];
  readonly freshnessHours?: number | null;
  readonly minimum?: number | null;
  readonly sameRelease?: boolean | null;
}

/** Of what a gate or a migration run is, as a caller names it. */
export interface PlaceInput {
  readonly domain?: string | null;
  readonly service?: string | null;
  readonly workstream?: string | null;
}

/** What is wrong with a code, which evidence and people name things by. */
export function codeProblems(code: string): MutationErrorData[] {
  return KEY.test(code) ? secretProblems({ code }) : [invalidField(['code'], 'A code has 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit.')];
}

/** What is wrong with title and owner. */
export function lineFields({ title, owner }: { readonly title?: string | null; readonly owner?: string | null }): MutationErrorData[] {
  return [...lineProblems('title', title), ...(owner == null ? [] : lineProblems('owner', owner)), ...secretProblems({ title, owner })];
}

/** What is wrong with a release digest that may be missing. */
export function releaseProblems(field: string, digest: string | null | undefined): MutationErrorData[] {
  return digest == null || isReleaseDigest(digest) ? [] : [invalidField([field], 'It is named by its content: sha256:<hex>, blake3:<hex> or the hash of a commit.')];
}

/** What is wrong with requirements; `releaseKnown`: the gate names a release or a service, so that it can have one. */
export function requirementProblems(given: readonly RequirementInput[], releaseKnown: boolean): MutationErrorData[] {
  const at = (index: number, field: string, message: string) => invalidField(['requirements', String(index), field], message);
  const whole = (value: number | null | undefined, most: number) => value == null || (Number.isInteger(value) && value >= 1 && value <= most);
  return [
    ...(given.length >= 1 && given.length <= MOST_REQUIREMENTS ? [] : [invalidField(['requirements'], `A gate asks for something: it has 1 to ${MOST_REQUIREMENTS} requirements.`)]),
    ...given.flatMap(({ key, kind, environments, freshnessHours, minimum, sameRelease }, index) => [
      ...(KEY.test(key) ? secretProblems({ key }, ['requirements', String(index)]) : [at(index, 'key', 'A key has 1 to 100 of A-Z a-z 0-9 . _ - and begins with a letter or digit.')]),
      ...(given.findIndex((other) => other.key === key) < index ? [at(index, 'key', 'Another requirement has this key.')] : []),
      ...(EVIDENCE_KINDS.includes(kind) ? [] : [at(index, 'kind', 'There is no such kind of evidence.')]),
      ...(environments.length === 0 || new Set(environments).size < environments.length ? [at(index, 'environments', 'Name STAGING, PRODUCTION or both, each once.')] : []),
      ...(environments.includes('LOCAL') ? [at(index, 'environments', 'LOCAL evidence never counts, so it cannot be asked for.')] : []),
      ...(whole(freshnessHours, MOST_HOURS) ? [] : [at(index, 'freshnessHours', `A whole number from 1 to ${MOST_HOURS}, or nothing.`)]),
      ...(whole(minimum, MOST_OBSERVATIONS) ? [] : [at(index, 'minimum', `A whole number from 1 to ${MOST_OBSERVATIONS}.`)]),
      ...(sameRelease && !releaseKnown ? [at(index, 'sameRelease', 'Whose release? Name a service or a release.')] : []),
    ]),
  ];
}

/** Requirements as they are stored. */
export function requirementsOf(given: readonly RequirementInput[]): Requirement[] {
  return given.map(({ key, kind, environments, freshnessHours, minimum, sameRelease }) => ({ key, kind, environments: environments as Requirement['environments'], freshnessHours: freshnessHours ?? null, minimum: minimum ?? 1, sameRelease: sameRelease ?? false }));
}

/** What is wrong with the keys of a place. */
export function placeProblems({ domain, service, workstream }: PlaceInput): MutationErrorData[] {
  return [
    ...(domain == null ? [] : slugProblems(domain, ['domain'])),
    ...(service == null ? [] : slugProblems(service, ['service'])),
    ...(workstream == null || (workstream.length <= 100 && WORKSTREAM.test(workstream)) ? [] : [invalidField(['workstream'], 'A workstream is named by its code, such as CUST-WP-0025.')]),
  ];
}

/** The place of something new: its service must be registered, and its domain is that of the service or the run when it is not given. */
export async function placeOf(work: Work, { domain, service, workstream }: PlaceInput, run: MigrationRun | null = null): Promise<{ readonly domain: string; readonly service: string | null; readonly workstream: string | null } | Refused> {
  const registered = service == null ? undefined : (await services.bySlugs(work.tx, [service])).get(service);
  if (service != null && registered === undefined) return notFound('service', service, ['service']);
  const of = domain ?? registered?.domain ?? run?.domain;
  if (of === undefined) return new Refused([invalidField(['domain'], 'Name the domain, or a service that has one.')]);
  return { domain: of, service: service ?? null, workstream: workstream ?? null };
}

/** The migration run that an input names by id or code; null when it names none. */
export async function namedRun(work: Work, named: string | null | undefined): Promise<MigrationRun | null | Refused> {
  if (named == null) return null;
  const secret = secretProblems({ migrationRun: named });
  if (secret.length > 0) return new Refused(secret);
  const run = isUuid(named) ? (await migrations.byIds(work.tx, [named])).get(named.toLowerCase()) : (await migrations.byCodes(work.tx, [named])).get(named);
  return run ?? notFound('migration run', named, ['migrationRun']);
}

/** What is wrong with the phase of a gate: a gate of a migration run has one, any other has none. */
export function phaseProblems(phase: GatePhase | null | undefined, migrationRun: string | null | undefined): MutationErrorData[] {
  return (phase == null) === (migrationRun == null) ? [] : [invalidField(['phase'], migrationRun == null ? 'Only a gate of a migration run has a phase.' : 'Say which step of the migration it guards: CUTOVER or RETIREMENT.')];
}
