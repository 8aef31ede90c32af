import { versionConflict, type Refused } from './refusal.ts';

/** Refuses a stale `expectedVersion`. */
export function checkVersion(entity: { readonly version: number }, expected: number | null | undefined): Refused | null {
  return expected != null && expected !== entity.version ? versionConflict(expected, entity.version) : null;
}

/** The fields of `wanted` that are given and differ from what is stored; null when none does. */
export function changed<Stored extends object, Wanted extends Partial<Stored>>(stored: Stored, wanted: Wanted): Wanted | null {
  const differing = Object.entries(wanted).filter(([name, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(stored[name as keyof Stored]));
  return differing.length === 0 ? null : (Object.fromEntries(differing) as Wanted);
}
