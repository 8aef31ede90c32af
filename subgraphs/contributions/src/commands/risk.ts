import type { LicenceClass } from '../model.ts';
import { evaluateLicence } from '../licence/evaluate.ts';
import type { UsedPackage } from '../store/index.ts';

export type Policy = Readonly<Record<string, never>>;
export interface LicenceRisk extends UsedPackage { readonly waiver: { reason: string; decision: string; expires: string } | null }
export function watchedClasses(_policy: Policy): LicenceClass[] { return []; }
export function risksOf(_policy: Policy, used: readonly UsedPackage[], _now: Date): LicenceRisk[] {
  return used.filter((one) => one.direct && one.dev === false && evaluateLicence(one.expression ?? one.declared).effective?.licences.some(({ id }) => /^[AL]?GPL/.test(id))).map((one) => ({ ...one, waiver: null }));
}
