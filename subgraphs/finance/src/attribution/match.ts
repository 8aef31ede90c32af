// Whether a rule is about a charge. Pure; the same row and rule always give the same answer.
import type { AttributionRule, CostRow, RuleMatch } from '../model.ts';

/** What of a row decides to whom it belongs. */
export type AllocatedRow = Pick<CostRow, 'id' | 'month' | 'day' | 'billedCost' | 'effectiveCost' | 'billingCurrency' | 'providerName' | 'serviceName' | 'billingAccountId' | 'subAccountId' | 'tags' | 'more'>;

/** How a rule fits a row; `value` is what the tag is, of rules that name one. */
export interface Fit {
  readonly value: string | null;
}

/** Column of FOCUS 1.3: tags of the resource that the provider itself split a charge to. */
const ALLOCATED_TAGS = 'AllocatedTags';

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
  const same = (text: string) => (match.anyCase ? text.trim().toLowerCase() : text.trim());
  const key = same(match.tag ?? '');
  const values = match.values?.map(same);
  for (const tags of [allocatedTags(row.more), row.tags]) {
    const found = Object.keys(tags).filter((name) => same(name) === key).sort();
    for (const name of found) {
      const value = tags[name]?.trim() ?? '';
      if (values === undefined || values.includes(same(value))) return value;
    }
    // what the provider says of a part goes before what it says of the whole, also when it does not fit
    if (found.length > 0) return null;
  }
  return null;
}

function allocatedTags(more: AllocatedRow['more']): Readonly<Record<string, string | null>> {
  const text = more[ALLOCATED_TAGS];
  if (text == null || !text.trimStart().startsWith('{')) return {};
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text) as object).map(([key, value]) => [key, typeof value === 'string' ? value : value === null ? null : String(value)]));
  } catch {
    // not JSON: the file wrote something of its own there, which is kept in `more` and decides nothing
    return {};
  }
}

function among(wanted: readonly string[] | null | undefined, value: string | null): boolean {
  return wanted == null || (value !== null && wanted.includes(value));
}
