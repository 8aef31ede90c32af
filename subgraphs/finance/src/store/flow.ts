// What goes out and comes in, summed for forecasts: n domains in one statement each.
import type { Sql } from '@hubgraph/kit/sql';
import type { BurnFacts } from '../forecast/burn.ts';
import type { DatedAmount, MonthlyAmount, SignedCommitment } from '../forecast/flow.ts';
import { trailingSpan } from '../forecast/flow.ts';
import { spendMonths, type RunwayFacts } from '../forecast/runway.ts';
import type { Income } from '../model/index.ts';
import { addDays, monthsIn, type Span } from '../money/calendar.ts';
import { conversionKey, exchangeRates, type Conversion } from './exchange-rate.ts';
import { decimalText } from './plain.ts';
import { runwayPolicies } from './runway-policy.ts';
import { BILLED, matchedIn, sumsOf, UNBILLED } from './spend.ts';

/** A currency for each domain. */
type Currencies = ReadonlyMap<string, string>;
interface OfDomain {
  readonly domain: string;
}

/**
 * Variable spend, as store/budget-lines.ts counts it: parts of charges that are no payment of a commitment, and recorded uses
 * of models of providers that have no charges in that month. Another currency than the domain's is summed by day. What sums to
 * nothing is missing. `within` is a condition on `x`, which has month and day.
 */
const variable = (within: string) => `
WITH RECURSIVE wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w("domain", "currency")
), sums AS MATERIALIZED (
  SELECT w."domain", x.* FROM wanted w CROSS JOIN ${sumsOf('w."domain"', 'w."currency"', within)}
), months AS (SELECT DISTINCT "month" FROM sums WHERE "measure" = 'COST'
), ${matchedIn('months')}, uses AS (SELECT "domain", "month", "currency", "day", "provider", "amount" FROM sums WHERE "measure" = 'TOKENS'
), ${BILLED}, used AS (
  SELECT "domain", "month", "currency", "day", "amount" FROM sums WHERE "measure" = 'COST'
  UNION ALL
  SELECT w."domain", x."month", x."currency", CASE WHEN x."currency" <> w."currency" THEN x."day" END, -x."billedCost" FROM wanted w JOIN matched x ON x."domain" = w."domain" AND ${within}
  UNION ALL
  SELECT f."domain", f."month", f."currency", f."day", f."amount" FROM (${UNBILLED}) f
)
SELECT "domain", "month", "currency", "day"::text AS "day", sum("amount")::text AS "amount" FROM used GROUP BY 1, 2, 3, 4 HAVING sum("amount") <> 0 ORDER BY 1, 2, 3, 4`;
const OF_MONTHS = variable(`x."month" = ANY($3::text[])`);
const OF_DAYS = variable(`x."day" >= $3::text::date AND x."day" < $4::text::date`);

/** The currency that a domain reckons in: its policy's, else that of its first account, newest budget, or what it was charged in last. */
const CURRENCIES = `
SELECT d."domain", COALESCE(
  (SELECT p."currency" FROM "RunwayPolicy" p WHERE p."domain" = d."domain"),
  (SELECT a."currency" FROM "Account" a WHERE a."domain" = d."domain" AND a."liquid" ORDER BY a."createdAt", a."id" LIMIT 1),
  (SELECT b."currency" FROM "Budget" b WHERE b."domain" = d."domain" ORDER BY b."periodStart" DESC, b."createdAt" DESC, b."id" LIMIT 1),
  (SELECT x."currency" FROM "SpendSum" x WHERE x."noun" = 'DOMAIN' AND x."name" = d."domain" ORDER BY x."month" DESC, x."measure", x."currency" LIMIT 1)) AS "currency"
FROM unnest($1::text[]) AS d("domain")`;

const COMMITMENTS = `
SELECT "domain", "id", "title", "amount"::text AS "amount", "currency", "cadence", "start"::text AS "start", "end"::text AS "end" FROM "Commitment"
WHERE "domain" = ANY($1::text[]) AND "status" NOT IN ('PROPOSED', 'EXPIRED') AND "start" < $3::text::date AND ("end" IS NULL OR "end" > $2::text::date) AND "total" > 0 AND ("value" IS NULL OR "paid" < "value") ORDER BY "id"`;

const byDomain = <Row extends OfDomain>(rows: readonly Row[]): Map<string, Row[]> => Map.groupBy(rows, ({ domain }) => domain);
const exact = <Row extends { readonly amount: string }>(rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, amount: decimalText(row.amount) }));

async function currenciesOf(sql: Sql, domains: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql.query<OfDomain & { currency: string | null }>(CURRENCIES, [domains]);
  return new Map(rows.flatMap(({ domain, currency }) => (currency === null ? [] : [[domain, currency] as const])));
}

async function commitmentsOf(sql: Sql, domains: readonly string[], span: Span): Promise<Map<string, (OfDomain & SignedCommitment)[]>> {
  return byDomain(exact(await sql.query<OfDomain & SignedCommitment>(COMMITMENTS, [domains, span.start, span.end])));
}

async function spendOf(sql: Sql, currencies: Currencies, months: readonly string[]): Promise<Map<string, (OfDomain & MonthlyAmount)[]>> {
  return byDomain(exact(await sql.query<OfDomain & MonthlyAmount>(OF_MONTHS, [[...currencies.keys()], [...currencies.values()], months])));
}

/** The rates that conversions into the currency of each domain need. */
async function ratesFor(sql: Sql, currencies: Currencies, amounts: readonly (OfDomain & { readonly currency: string; readonly day: string })[]) {
  const wanted = new Map<string, Conversion>();
  for (const { domain, currency: from, day } of amounts) {
    const to = currencies.get(domain)!;
    if (from !== to) wanted.set(conversionKey({ from, to, day }), { from, to, day });
  }
  return wanted.size === 0 ? [] : [...new Map([...(await exchangeRates.newest(sql, [...wanted.values()])).values()].map((rate) => [rate.id, rate])).values()];
}

/** What runways and burn rates are made of. */
export const flows = {
  /** For each domain that has a policy or an account that counts. */
  async runwayFacts(sql: Sql, domains: readonly string[], today: string): Promise<Map<string, RunwayFacts>> {
    const policies = await runwayPolicies.byDomains(sql, domains);
    const accounts = byDomain(
      await sql.query<OfDomain & { slug: string; currency: string; day: string | null; amount: string | null }>(
        `SELECT a."domain", a."slug", a."currency", b."day"::text AS "day", b."amount"::text AS "amount" FROM "Account" a
         LEFT JOIN LATERAL (SELECT "day", "amount" FROM "AccountBalance" WHERE "accountId" = a."id" AND "day" <= $2::text::date ORDER BY "day" DESC LIMIT 1) b ON true
         WHERE a."liquid" AND a."domain" = ANY($1::text[]) ORDER BY a."createdAt", a."slug"`,
        [domains, today],
      ),
    );
    const there = domains.filter((domain) => policies.has(domain) || accounts.has(domain));
    if (there.length === 0) return new Map();
    const currencies: Currencies = new Map(there.map((domain) => [domain, policies.get(domain)?.currency ?? accounts.get(domain)![0]!.currency]));
    const commitments = await commitmentsOf(sql, there, { start: today, end: addDays(today, 1) });
    const spend = await spendOf(sql, currencies, spendMonths(today));
    const incomes = byDomain(exact(await sql.query<OfDomain & Pick<Income, 'amount' | 'currency' | 'start' | 'end'>>(`SELECT "domain", "amount"::text AS "amount", "currency", "start"::text AS "start", "end"::text AS "end" FROM "Income" WHERE "domain" = ANY($1::text[]) ORDER BY "id"`, [there])));
    const flat = <Row>(rows: Map<string, Row[]>) => [...rows.values()].flat();
    const rates = await ratesFor(sql, currencies, [...[...flat(accounts), ...flat(commitments), ...flat(incomes)].map(({ domain, currency }) => ({ domain, currency, day: today })), ...flat(spend).map(({ domain, currency, day }) => ({ domain, currency, day: day ?? today }))]);
    return new Map(
      there.map((domain) => [
        domain,
        {
          domain,
          currency: currencies.get(domain)!,
          today,
          accounts: (accounts.get(domain) ?? []).map(({ slug, currency, day, amount }) => ({ slug, currency, balance: day === null || amount === null ? null : { day, amount: decimalText(amount) } })),
          commitments: commitments.get(domain) ?? [],
          spend: spend.get(domain) ?? [],
          incomes: incomes.get(domain) ?? [],
          rates,
          policy: policies.get(domain) ?? null,
        },
      ]),
    );
  },

  /** For each domain that has a currency. */
  async burnFacts(sql: Sql, domains: readonly string[], span: Span, today: string): Promise<Map<string, BurnFacts>> {
    const currencies = await currenciesOf(sql, domains);
    const there = [...currencies.keys()];
    if (there.length === 0) return new Map();
    const spend = await spendOf(sql, currencies, monthsIn(span));
    const isOver = span.end <= today;
    const trailing = isOver ? new Map<string, (OfDomain & DatedAmount)[]>() : byDomain(await trailingSpend(sql, currencies, today));
    const commitments = isOver ? new Map<string, (OfDomain & SignedCommitment)[]>() : await commitmentsOf(sql, there, span);
    const payments = byDomain(
      exact(
        await sql.query<OfDomain & DatedAmount & { commitmentId: string }>(
          `SELECT c."domain", c."id"::text AS "commitmentId", c."currency", p."paidOn"::text AS "day", sum(p."amount")::text AS "amount" FROM "Payment" p JOIN "Commitment" c ON c."id" = p."commitmentId"
           WHERE c."domain" = ANY($1::text[]) AND p."paidOn" >= $2::text::date AND p."paidOn" < $3::text::date GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4`,
          [there, span.start, span.end],
        ),
      ),
    );
    const flat = <Row>(rows: Map<string, Row[]>) => [...rows.values()].flat();
    const rates = await ratesFor(sql, currencies, [...flat(commitments).map(({ domain, currency }) => ({ domain, currency, day: today })), ...[...flat(spend), ...flat(trailing), ...flat(payments)].map(({ domain, currency, day }) => ({ domain, currency, day: day ?? today }))]);
    return new Map(there.map((domain) => [domain, { currency: currencies.get(domain)!, today, span, spend: spend.get(domain) ?? [], trailing: trailing.get(domain) ?? [], commitments: commitments.get(domain) ?? [], payments: payments.get(domain) ?? [], rates }]));
  },
};

/** Variable spend of the days before today that say what a day costs. */
async function trailingSpend(sql: Sql, currencies: Currencies, today: string): Promise<(OfDomain & DatedAmount)[]> {
  const { start, end } = trailingSpan(today);
  return exact(await sql.query<OfDomain & DatedAmount>(OF_DAYS, [[...currencies.keys()], [...currencies.values()], start, end]));
}
