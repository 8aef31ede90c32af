// What holds of a gate at a moment: a pure function of what was decided, what the evidence says and the clock.
import type { EnvironmentKind, EvidenceKind, Gate, GateStatus, Requirement } from '../model.ts';

/** One observation, as little of it as a gate needs. */
export interface Sighting {
  readonly id: string;
  readonly observedAt: Date;
}

/** What the evidence says of one kind in one environment, of the asked release: the newest passing ones, newest first, and the newest failing one. */
export interface Finding {
  readonly passing: readonly Sighting[];
  readonly failing: Sighting | null;
}

/** What a gate looks at besides itself. */
export interface GateEvidence {
  /** The release that the gate is about: its own, else the one that runs in production, else in staging; null: none is known. */
  readonly release: string | null;
  /** What the evidence of the gate's scope says to {@link asksOf}, by their keys; what is missing is no evidence. */
  readonly found: ReadonlyMap<string, Finding>;
  /** Whether the risk that a waiver names exists and is not closed. */
  readonly riskOpen: boolean;
}

/** One question that a gate puts to the evidence. */
export interface Ask {
  /** Unique within the gate. */
  readonly key: string;
  /** Key of the requirement. */
  readonly requirement: string;
  readonly kind: EvidenceKind;
  readonly environment: EnvironmentKind;
  /** Of this release; null: of any. */
  readonly releaseDigest: string | null;
  /** How many of the newest passing ones are needed. */
  readonly take: number;
}

/** How one requirement stands. */
export interface RequirementState {
  readonly requirement: Requirement;
  readonly met: boolean;
  /** One sentence for each environment in which it is not met. */
  readonly missing: readonly string[];
  /** The newest observations that count, newest first, at most {@link SHOWN}. */
  readonly evidence: readonly (Sighting & { readonly environment: EnvironmentKind })[];
  /** The newest failing observation of each environment that contradicts. */
  readonly contradicting: readonly Sighting[];
}

/** What holds of a gate at a moment. */
export interface GateState {
  readonly status: GateStatus;
  /** Of {@link GateEvidence}. */
  readonly release: string | null;
  readonly found: GateEvidence['found'];
  readonly requirements: readonly RequirementState[];
  /** All that is missing, in the order of the requirements. */
  readonly missing: readonly string[];
  /** Ids of evidence that contradicts. */
  readonly contradicting: readonly string[];
  /** Why what was decided holds no more; null when it does, or nothing was. */
  readonly fell: string | null;
  /** The next moment at which time alone changes the status, exactly; null when it never does. */
  readonly changesAt: Date | null;
}

/** How many observations are shown for a requirement. */
export const SHOWN = 20;
const HOUR = 3_600_000;

type Decided = Pick<Gate, 'requirements' | 'decision' | 'decidedRelease' | 'waiverUntil'>;

/** What a gate asks of the evidence; nothing where it wants the release's own and no release is known. */
export function asksOf(requirements: readonly Requirement[], release: string | null): Ask[] {
  return requirements.filter(({ sameRelease }) => !sameRelease || release !== null).flatMap(({ key, kind, environments, minimum, sameRelease }) =>
    environments.map((environment) => ({ key: askKey(key, environment), requirement: key, kind, environment, releaseDigest: sameRelease ? release : null, take: Math.max(minimum, SHOWN) })),
  );
}

/**
 * The status of a gate at `now` and why. A requirement is met when in each of its environments the newest observation
 * passed and `minimum` passing ones are not older than `freshnessHours`. What was passed holds while every requirement is met
 * and the release is the one that was passed; what was waived, until its end, while its risk is open and for the release that
 * it was waived for; what failed, until somebody reopens it.
 *
 * Time alone only takes away: without new evidence, releases or decisions no gate becomes READY again.
 */
export function evaluateGate(gate: Decided, evidence: GateEvidence, now: Date): GateState {
  const judged = gate.requirements.map((requirement) => judge(requirement, evidence, now));
  const requirements = judged.map(({ state }) => state);
  const missing = requirements.flatMap((state) => state.missing);
  const fell = whyFallen(gate, evidence, missing, now);
  const decided = fell === null ? gate.decision : 'PENDING';
  const status = decided !== 'PENDING' ? decided : missing.length === 0 ? 'READY' : 'PENDING';
  const stale = earliest(judged.map(({ staleAt }) => staleAt));
  const changesAt = { PENDING: null, FAILED: null, READY: stale, PASSED: stale, WAIVED: gate.waiverUntil }[status];
  return { status, release: evidence.release, found: evidence.found, requirements, missing, contradicting: requirements.flatMap((state) => state.contradicting.map(({ id }) => id)), fell, changesAt };
}

/** Why a decision holds no more; null when it does. */
function whyFallen({ decision, decidedRelease, waiverUntil }: Decided, { release, riskOpen }: GateEvidence, missing: readonly string[], now: Date): string | null {
  if (decision !== 'PASSED' && decision !== 'WAIVED') return null;
  if (decidedRelease !== null && decidedRelease !== release) return `It was ${decision.toLowerCase()} for ${short(decidedRelease)}; the release is ${release === null ? 'not known' : short(release)} now.`;
  if (decision === 'PASSED') return missing[0] ?? null;
  if (waiverUntil === null || waiverUntil <= now) return `The waiver ended${waiverUntil === null ? '' : ` at ${waiverUntil.toISOString()}`}.`;
  return riskOpen ? null : 'The risk that the waiver names is closed.';
}

/** One requirement, and the first moment at which time makes it unmet (null: none, or it is not met). */
function judge(requirement: Requirement, { release, found }: GateEvidence, now: Date): { readonly state: RequirementState; readonly staleAt: Date | null } {
  const { key, environments, freshnessHours, minimum, sameRelease } = requirement;
  if (sameRelease && release === null) {
    const missing = environments.map((environment) => `${wanted(requirement, environment, null)}, and no release is known: the gate names none and none was deployed.`);
    return { state: { requirement, met: false, missing, evidence: [], contradicting: [] }, staleAt: null };
  }
  const span = freshnessHours === null ? Number.POSITIVE_INFINITY : freshnessHours * HOUR;
  const views = environments.map((environment) => {
    const { passing, failing } = found.get(askKey(key, environment)) ?? { passing: [], failing: null };
    const fresh = passing.filter(({ observedAt }) => now.getTime() - observedAt.getTime() <= span);
    const newest = passing[0];
    // Of two at the same moment the failing one counts: doubt never opens a gate.
    const contradicts = failing !== null && (newest === undefined || failing.observedAt >= newest.observedAt) && now.getTime() - failing.observedAt.getTime() <= span ? failing : null;
    const last = fresh[minimum - 1];
    const met = contradicts === null && last !== undefined;
    return { environment, fresh, contradicts, met, newest, staleAt: met && freshnessHours !== null ? new Date(last.observedAt.getTime() + span + 1) : null };
  });
  const missing = views.filter((view) => !view.met).map(({ environment, fresh, contradicts, newest }) => {
    const asked = wanted(requirement, environment, sameRelease ? release : null);
    if (contradicts !== null) return `${asked}; the newest, of ${contradicts.observedAt.toISOString()}, failed (${contradicts.id}).`;
    if (newest === undefined) return `${asked}; there is none.`;
    return fresh.length === 0 ? `${asked}; the newest is of ${newest.observedAt.toISOString()}, which is too old.` : `${asked}; ${fresh.length} of ${minimum} are there.`;
  });
  const evidence = views.filter(({ contradicts }) => contradicts === null).flatMap(({ environment, fresh }) => fresh.map((sighting) => ({ ...sighting, environment })))
    .sort((a, b) => b.observedAt.getTime() - a.observedAt.getTime() || (a.id < b.id ? 1 : -1)).slice(0, SHOWN);
  return {
    state: { requirement, met: missing.length === 0, missing, evidence, contradicting: views.flatMap(({ contradicts }) => contradicts ?? []) },
    staleAt: earliest(views.map(({ staleAt }) => staleAt)),
  };
}

/** What is asked for, as the beginning of a sentence. */
function wanted({ kind, minimum, freshnessHours, sameRelease }: Requirement, environment: EnvironmentKind, release: string | null): string {
  const of = release !== null ? ` of release ${short(release)}` : sameRelease ? ' of the same release' : '';
  return `${kind} in ${environment}: ${minimum === 1 ? 'a passing observation' : `${minimum} passing observations`}${of}${freshnessHours === null ? '' : ` not older than ${freshnessHours} h`}`;
}

/** Enough of a digest to know it by. */
function short(digest: string): string {
  return digest.length > 24 ? `${digest.slice(0, 20)}…` : digest;
}

function askKey(key: string, environment: EnvironmentKind): string {
  return `${key} ${environment}`;
}

function earliest(moments: readonly (Date | null)[]): Date | null {
  return moments.reduce((first, moment) => (moment !== null && (first === null || moment < first) ? moment : first), null);
}
