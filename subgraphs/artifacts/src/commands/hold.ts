import { lineProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { checkVersion } from '@hubgraph/kit/entity';
import type { UnmetRule } from '@hubgraph/kit/lifecycle';
import { invalidField, notFound, Refused, transitionRefused } from '@hubgraph/kit/refusal';
import { holdLifecycle } from '../lifecycle/hold.ts';
import { packageLifecycle } from '../lifecycle/package.ts';
import type { ArtifactPackage, Hold } from '../model.ts';
import { holds, packages, retention } from '../store/index.ts';
import { audit } from './audit.ts';
import { factsOf, lockedPackage, recordPackage, type Work } from './common.ts';

export interface PlaceHoldInput {
  /** Of the package. */
  readonly id: string;
  readonly reason: string;
  /** Who ordered it: a court, a contract, a decision. */
  readonly authority: string;
  readonly expectedVersion?: number | null;
}

/** Stops the deletion of a package, whatever its state, until the hold is released. The clock of its retention goes on. */
export async function placeHold(work: Work, input: PlaceHoldInput): Promise<{ hold: Hold; package: ArtifactPackage } | Refused> {
  const before = await lockedPackage(work, input);
  if (before instanceof Refused) return before;
  const { reason, authority } = input;
  const wrong = [...(reason.trim() === '' ? [invalidField(['reason'], 'A reason is needed.')] : textProblems({ reason })), ...lineProblems('authority', authority)];
  const unmet = placingProblems(work, before);
  if (unmet.length > 0) {
    const allowed = packageLifecycle.allowed(before.status, await factsOf(work.tx, before, work.now), work.caller);
    wrong.push(...transitionRefused({ moved: false, from: before.status, to: null, verb: 'placeHold', unmet }, allowed).errors);
  }
  if (wrong.length > 0) return new Refused(wrong);
  const hold = await holds.insert(work.tx, {
    id: newId(), packageId: before.id, status: 'ACTIVE', reason, authority, placedBy: work.caller.sub, placedAt: work.now, releasedBy: null, releasedAt: null, releaseReason: null, version: 1,
  });
  work.note({ noun: 'Hold', entityId: hold.id, verb: 'placeHold', from: null, to: 'ACTIVE', note: reason });
  return { hold, package: await noteHold(work, before, hold, reason) };
}

export interface ReleaseHoldInput {
  /** Of the hold. */
  readonly id: string;
  readonly reason: string;
  /** Of the hold. */
  readonly expectedVersion?: number | null;
}

/** Takes one hold off a package; other holds stay. Whoever may delete the package may not release what stops it. */
export async function releaseHold(work: Work, input: ReleaseHoldInput): Promise<{ hold: Hold; package: ArtifactPackage } | Refused> {
  const named = isUuid(input.id) ? (await holds.byIds(work.tx, [input.id])).get(input.id.toLowerCase()) : undefined;
  // the package first, as by every other command: locks taken in one order cannot wait for each other in a circle
  const before = named && (await packages.lockById(work.tx, named.packageId));
  const held = named && (await holds.lockById(work.tx, named.id));
  if (!before || !held) return notFound('hold', input.id);
  const stale = checkVersion(held, input.expectedVersion);
  if (stale !== null) return stale;
  const { reason } = input;
  const wrong = textProblems({ reason });
  const decided = holdLifecycle.decide('releaseHold', held.status, { reason }, work.caller);
  if (!decided.moved) wrong.push(...transitionRefused(decided, holdLifecycle.allowed(held.status, { reason }, work.caller)).errors);
  if (!decided.moved || wrong.length > 0) return new Refused(wrong);
  const hold = await holds.save(work.tx, held, { status: decided.to, releasedBy: work.caller.sub, releasedAt: work.now, releaseReason: reason });
  work.note({ noun: 'Hold', entityId: hold.id, verb: 'releaseHold', from: decided.from, to: decided.to, note: reason });
  return { hold, package: await noteHold(work, before, hold, reason) };
}

/** Why the caller may not place a hold on this package. */
function placingProblems({ caller }: Work, { status }: ArtifactPackage): UnmetRule[] {
  const who = holdLifecycle.table.births.flatMap((birth) => birth.who);
  const may = caller.roles.includes('system') || who.some((role) => caller.roles.includes(role));
  return [
    ...(may ? [] : [{ code: 'ROLE_REQUIRED', message: `placeHold is for ${who.join(' or ')}; the caller is ${caller.roles.join(', ') || 'without a role'}.`, refs: [...who] }]),
    ...(status === 'DELETED' ? [{ code: 'WRONG_STATE', message: 'placeHold is possible until a package is deleted; this one is DELETED.', refs: ['CREATED', 'UPLOADING', 'FINALIZED', 'FAILED'] }] : []),
  ];
}

/** Writes down what a hold means for its package: whether it may be deleted changed, so its version does; the date until which it is kept stays. */
async function noteHold(work: Work, before: ArtifactPackage, hold: Hold, reason: string): Promise<ArtifactPackage> {
  const { now, caller } = work;
  const placed = hold.status === 'ACTIVE';
  const of = await packages.save(work.tx, before, {}, now);
  await retention.insert(work.tx, { packageId: of.id, kind: placed ? 'HOLD_PLACED' : 'HOLD_RELEASED', fromDate: of.expiresAt, toDate: of.expiresAt, holdId: hold.id, reason, actor: caller.sub, at: now });
  recordPackage(work, placed ? 'hold.placed' : 'hold.released', of, of.status, { holdId: hold.id, hold: hold.status, authority: hold.authority, reason });
  await audit(work, { action: placed ? 'placeHold' : 'releaseHold', packageId: of.id, data: { hold: hold.id, reason, authority: hold.authority } });
  return of;
}
