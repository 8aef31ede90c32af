// Whether a rule is about a charge. Pure; the same row and rule always give the same answer.
import type { AttributionRule, CostRow, RuleMatch } from '../model/index.ts';

/** What of a row decides to whom it belongs. */
export type AllocatedRow = Pick<CostRow, 'id' | 'month' | 'day' | 'billedCost' | 'effectiveCost' | 'billingCurrency' | 'providerName' | 'serviceName' | 'billingAccountId' | 'subAccountId' | 'tags' | 'more'>;

/** How a rule fits a row; `value` is what the tag is, of rules that name one. */
export interface Fit {
  readonly value: string | null;
}

/** Column of FOCUS 1.3: tags of the resource that the provider itself split a charge to. */
const ALLOCATED_TAGS = 'AllocatedTags';

/** What of a row decides to whom it belongs, but for its amounts and month: rows that are alike in it are divided alike. */
export type AttributedBy = Omit<AllocatedRow, 'id' | 'month' | 'billedCost' | 'effectiveCost'>;

/** Of a charge, all that {@link fit} and its allocation look at; the day is the caller's to add. */
export function attributedBy({ billingCurrency, providerName, serviceName, billingAccountId, subAccountId, tags, more }: Omit<AttributedBy, 'day'>): Omit<AttributedBy, 'day'> {
  const split = more[ALLOCATED_TAGS];
  return { billingCurrency, providerName, serviceName, billingAccountId, subAccountId, tags, more: split == null ? {} : { [ALLOCATED_TAGS]: split } };
}

/** Whether the rule holds on the row's day and every field of its match fits; null when not. */
export function fit(rule: AttributionRule, row: AllocatedRow): Fit | null {
  if (rule.retiredAt !== null || (rule.validFrom !== null && row.day < rule.validFrom) || (rule.validTo !== null && row.day >= rule.validTo)) return null;
  const { match } = rule;
  if (!among(match.providers, row.providerName) || !among(match.services, row.serviceName)) return null;
  if (match.accounts != null && !among(match.accounts, row.billingAccountId) && !among(match.accounts, row.subAccountId)) return null;
  if (match.tag == null) return { value: null };
  const value = tagOf(row, match);
  return value === null ? null : { value };
}

/**
 * The value of the tag that the match names, when it has one that fits. Spaces around keys and values do not count, and with
 * `anyCase` neither does case; the tags of a charge that the provider split already (FOCUS 1.3, AllocatedTags) go before those of
 * the origin. Of several keys that are the same so, the one whose value fits counts, in the order of the keys.
 */
export function tagOf(row: Pick<AllocatedRow, 'tags' | 'more'>, match: Pick<RuleMatch, 'tag' | 'values' | 'anyCase'>): string | null {
  const anyCase = match.anyCase ?? false;
  const key = same(match.tag ?? '', anyCase);
  for (const tags of [allocatedTags(row.more), row.tags]) {
    const found = tags === null ? undefined : namesIn(tags, anyCase).get(key);
    if (found === undefined) continue;
    for (const name of found) {
      const value = tags![name]?.trim() ?? '';
      if (match.values == null || valuesOf(match.values, anyCase).has(same(value, anyCase))) return value;
    }
    // what the provider says of a part goes before what it says of the whole, also when it does not fit
    return null;
  }
  return null;
}

type Tags = Readonly<Record<string, string | null>>;

const same = (text: string, anyCase: boolean) => (anyCase ? text.trim().toLowerCase() : text.trim());

// a row is held against hundreds of rules and a rule against millions of rows: what both are alike in is made once
const names = { exact: new WeakMap<Tags, Map<string, string[]>>(), any: new WeakMap<Tags, Map<string, string[]>>() };
const wanted = { exact: new WeakMap<readonly string[], Set<string>>(), any: new WeakMap<readonly string[], Set<string>>() };

/** The keys of a row's tags by what they are the same as, each list in order. */
function namesIn(tags: Tags, anyCase: boolean): Map<string, string[]> {
  const kept = names[anyCase ? 'any' : 'exact'];
  const made = kept.get(tags) ?? Map.groupBy(Object.keys(tags).sort(), (name) => same(name, anyCase));
  kept.set(tags, made);
  return made;
}

function valuesOf(values: readonly string[], anyCase: boolean): Set<string> {
  const kept = wanted[anyCase ? 'any' : 'exact'];
  const made = kept.get(values) ?? new Set(values.map((value) => same(value, anyCase)));
  kept.set(values, made);
  return made;
}

function allocatedTags(more: AllocatedRow['more']): Tags | null {
  const text = more[ALLOCATED_TAGS];
  if (text == null || !text.trimStart().startsWith('{')) return null;
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text) as object).map(([key, value]) => [key, typeof value === 'string' ? value : value === null ? null : String(value)]));
  } catch {
    // not JSON: the file wrote something of its own there, which is kept in `more` and decides nothing
    return null;
  }
}

function among(allowed: readonly string[] | null | undefined, value: string | null): boolean {
  return allowed == null || (value !== null && allowed.includes(value));
}
