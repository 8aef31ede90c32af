import { licenceClasses, rankOf } from '../licence/classes.ts';
import type { LicencePolicy, LicenceWaiver } from '../licence/policy.ts';
import { licenceRisk } from '../licence/risk.ts';
import type { LicenceClass } from '../model.ts';
import type { UsedPackage } from '../store/index.ts';

/** A package of a repo that violates the licence policy. */
export interface LicenceRisk extends UsedPackage {
  /** Licences of the best branch that are the reason; empty when the class of the whole is. */
  readonly because: readonly string[];
  /** WAIVED is accepted for now and does not count; EXPIRED was accepted and counts again. */
  readonly status: 'OPEN' | 'WAIVED' | 'EXPIRED';
  readonly waiver: LicenceWaiver | null;
}

/** Classes of packages that a policy may dislike; copyleft is looked at besides, whatever its class. */
export function watchedClasses(policy: LicencePolicy): LicenceClass[] {
  // AND takes the class that asks for the most, so a disliked licence can stand beside a worse one
  const least = Math.min(...policy.classes.map(rankOf));
  return licenceClasses.filter((name) => rankOf(name) >= least);
}

/** Judges packages by a policy and keeps those that violate it, waived ones included. */
export function risksOf(policy: LicencePolicy, used: readonly UsedPackage[], now: Date): LicenceRisk[] {
  const today = now.toISOString().slice(0, 10);
  return used.flatMap((one) => {
    const risk = licenceRisk({ ...one, licence: one.expression ?? one.declared }, policy, today);
    return risk === null ? [] : [{ ...one, because: risk.licences.map(({ name }) => name), status: risk.status, waiver: risk.waiver }];
  });
}
