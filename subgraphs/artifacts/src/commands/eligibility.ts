import type { UnmetRule } from '@hubgraph/kit/lifecycle';
import { deletionGuards, type PackageFacts } from '../lifecycle/package.ts';
import type { ArtifactPackage } from '../model.ts';

/** Whether a package may be deleted now, and if not, why. */
export interface Eligibility {
  readonly eligible: boolean;
  readonly reasons: readonly UnmetRule[];
  /** The end of its retention: from then on it may go, when no hold is active. Null: never. */
  readonly eligibleFrom: Date | null;
}

/** What the deletion itself would say of a finalized package, but for who asks and why. A package that is not finalized is never eligible: it can be abandoned, or is gone. */
export function eligibilityOf({ status }: Pick<ArtifactPackage, 'status'>, facts: PackageFacts): Eligibility {
  const state = status === 'FINALIZED' ? [] : [{ code: 'WRONG_STATE', message: status === 'DELETED' ? 'It is deleted.' : `It is ${status}; only a finalized package becomes eligible, this one can be abandoned.`, refs: ['FINALIZED'] }];
  const reasons = [...state, ...deletionGuards.flatMap((guard) => guard.unmet(facts).map(({ message, refs = [] }) => ({ code: guard.code, message, refs })))];
  return { eligible: reasons.length === 0, reasons, eligibleFrom: facts.class === 'permanent-record' ? null : facts.expiresAt };
}
