// Which alerts nobody needs to hear of now: silences and inhibitions, laid over the stored state.
import type { Condition } from '@hubgraph/kit/page';
import type { Sql } from '@hubgraph/kit/sql';
import { accepts, ALERT_FIELDS, fits, isAlertField } from '../alert/matchers.ts';
import type { Alert, InhibitionRule, Matcher, Silence } from '../model.ts';
import { rulesInForce } from './alert-rules.ts';

/** Why nobody needs to hear of an alert now. A silence goes before an inhibition. */
export type Suppressed = { readonly by: 'SILENCE'; readonly silence: Silence } | { readonly by: 'INHIBITION'; readonly rule: InhibitionRule; readonly alertId: string };

/**
 * Patterns are RE2's, which PostgreSQL does not have, so SQL is given the values that fit: the key is name and pattern.
 * One look at the values that open alerts have serves any number of patterns.
 */
type Fitting = ReadonlyMap<string, readonly string[]>;

export const suppressions = {
  /** Why each of some alerts is suppressed now, if it is; a fixed number of statements, whatever their number. Resolved ones are looked at as if they were open. */
  async of(sql: Sql, some: readonly Alert[], now: Date): Promise<Map<string, Suppressed>> {
    const { active, rules } = await rulesInForce(sql, now);
    const found = new Map<string, Suppressed>();
    for (const alert of some) {
      const silence = active.find(({ matchers }) => fits(matchers, alert));
      if (silence !== undefined) found.set(alert.id, { by: 'SILENCE', silence });
    }
    const rest = some.filter((alert) => !found.has(alert.id) && rules.some((rule) => fits(rule.target, alert)));
    for (const [id, inhibited] of await inhibitorsOf(sql, rest, rules)) found.set(id, inhibited);
    return found;
  },

  /** The condition, on alerts called `t`, that they are open and suppressed now, or that they are not. */
  async condition(sql: Sql, suppressed: boolean, now: Date): Promise<Condition> {
    const { active, rules } = await rulesInForce(sql, now);
    const fitting = await fittingValues(sql, [...active.flatMap((silence) => silence.matchers), ...rules.flatMap((rule) => [...rule.source, ...rule.target])]);
    const any = or([...active.map((silence) => and(conditions('t', silence.matchers, fitting))), ...rules.map((rule) => inhibited(rule, fitting))]);
    const open: Condition = { sql: `t."status" <> 'RESOLVED'`, params: [] };
    const both = and([open, any]);
    return suppressed ? both : { sql: `NOT ${both.sql}`, params: both.params };
  },

  /** The condition, on alerts called `t`, that they fit all matchers; for what a silence is about. */
  async fitting(sql: Sql, matchers: readonly Matcher[]): Promise<Condition> {
    return and(conditions('t', matchers, await fittingValues(sql, matchers)));
  },
};

async function inhibitorsOf(sql: Sql, some: readonly Alert[], rules: readonly InhibitionRule[]): Promise<Map<string, Suppressed>> {
  if (some.length === 0) return new Map();
  const fitting = await fittingValues(sql, rules.flatMap((rule) => [...rule.source, ...rule.target]));
  const params: unknown[] = [some.map((alert) => alert.id)];
  const numbered = ({ sql: text, params: more }: Condition) => {
    let next = 0;
    return text.replaceAll('?', () => `$${params.push(more[next++])}`);
  };
  const ways = rules.map((rule, index) => `(SELECT ${index} AS "rule", s."id" AS "alertId" FROM "Alert" s WHERE ${numbered(inhibits(rule, fitting))} ORDER BY s."id" LIMIT 1)`);
  const rows = await sql.query<{ id: string; rule: number; alertId: string }>(
    `SELECT t."id", i."rule", i."alertId" FROM "Alert" t CROSS JOIN LATERAL (SELECT * FROM (${ways.join(' UNION ALL ')}) w ORDER BY w."rule" LIMIT 1) i WHERE t."id" = ANY($1::uuid[])`,
    params,
  );
  return new Map(rows.map(({ id, rule, alertId }) => [id, { by: 'INHIBITION', rule: rules[rule]!, alertId }]));
}

/**
 * That `t` is inhibited by some open alert: {@link inhibits}, put so that PostgreSQL looks at the sources once and not once
 * for each `t`. What is target but not source is inhibited by any source; what is both, by sources that are not targets too.
 */
function inhibited(rule: InhibitionRule, fitting: Fitting): Condition {
  const [isTarget, isSource] = [and(conditions('t', rule.target, fitting)), and(conditions('t', rule.source, fitting))];
  const [source, target] = [and(conditions('s', rule.source, fitting)), and(conditions('s', rule.target, fitting))];
  const among = (sources: Condition): Condition => {
    const [left, right] = ['t', 's'].map((alias) => rule.equal.map((name) => valueSql(alias, name)));
    const from = `FROM "Alert" s WHERE s."status" <> 'RESOLVED' AND ${sources.sql}`;
    if (rule.equal.length === 0) return { sql: `EXISTS (SELECT 1 ${from})`, params: sources.params };
    const list = (values: readonly Condition[]) => values.map((value) => value.sql).join(', ');
    return { sql: `(${list(left!)}) IN (SELECT ${list(right!)} ${from})`, params: [...left!, ...right!].flatMap((value) => value.params).concat(sources.params) };
  };
  const notSource: Condition = { sql: `NOT ${isSource.sql}`, params: isSource.params };
  const notTarget: Condition = { sql: `NOT ${target.sql}`, params: target.params };
  return and([isTarget, or([and([notSource, among(source)]), and([isSource, among(and([source, notTarget]))])])]);
}

/** That the open alert `s` inhibits `t`. What is source and target at once does not inhibit its like, nor itself. */
function inhibits(rule: InhibitionRule, fitting: Fitting): Condition {
  const both = (alias: string) => and([...conditions(alias, rule.source, fitting), ...conditions(alias, rule.target, fitting)]);
  const [targetIsSource, sourceIsTarget] = [both('t'), both('s')];
  return and([
    { sql: `s."status" <> 'RESOLVED' AND s."id" <> t."id"`, params: [] },
    ...conditions('s', rule.source, fitting),
    ...conditions('t', rule.target, fitting),
    ...rule.equal.map((name): Condition => {
      const [left, right] = [valueSql('s', name), valueSql('t', name)];
      return { sql: `${left.sql} = ${right.sql}`, params: [...left.params, ...right.params] };
    }),
    { sql: `NOT (${targetIsSource.sql} AND ${sourceIsTarget.sql})`, params: [...targetIsSource.params, ...sourceIsTarget.params] },
  ]);
}

function conditions(alias: string, matchers: readonly Matcher[], fitting: Fitting): Condition[] {
  return matchers.map((matcher) => {
    const { sql, params } = valueSql(alias, matcher.name);
    switch (matcher.operator) {
      case 'EQUAL':
        return { sql: `${sql} = ?::text`, params: [...params, matcher.value] };
      case 'NOT_EQUAL':
        return { sql: `${sql} <> ?::text`, params: [...params, matcher.value] };
      case 'MATCHES':
        return { sql: `${sql} = ANY(?::text[])`, params: [...params, fitting.get(keyOf(matcher)) ?? []] };
      case 'NOT_MATCHES':
        return { sql: `${sql} <> ALL(?::text[])`, params: [...params, fitting.get(keyOf(matcher)) ?? []] };
    }
  });
}

/** The value under a name, as alert/matchers.ts reads it: what is not there is the empty text. */
function valueSql(alias: string, name: string): Condition {
  return isAlertField(name) ? { sql: `coalesce(${alias}."${name}", '')`, params: [] } : { sql: `coalesce(${alias}."labels"->>?::text, '')`, params: [name] };
}

const keyOf = ({ name, value }: Matcher): string => `${name}\n${value}`;

/** The values of open alerts that fit each of the patterns among some matchers. */
async function fittingValues(sql: Sql, matchers: readonly Matcher[]): Promise<Fitting> {
  const patterns = matchers.filter(({ operator }) => operator === 'MATCHES' || operator === 'NOT_MATCHES');
  if (patterns.length === 0) return new Map();
  const fields = ALERT_FIELDS.map((field) => `WHEN '${field}' THEN t."${field}"`).join(' ');
  const rows = await sql.query<{ name: string; value: string }>(
    `SELECT DISTINCT n."name", coalesce(CASE n."name" ${fields} ELSE t."labels"->>n."name" END, '') AS "value" FROM "Alert" t CROSS JOIN unnest($1::text[]) AS n("name") WHERE t."status" <> 'RESOLVED'`,
    [[...new Set(patterns.map(({ name }) => name))]],
  );
  const values = Map.groupBy(rows, (row) => row.name);
  return new Map(patterns.map((matcher) => [keyOf(matcher), (values.get(matcher.name) ?? []).flatMap(({ value }) => (accepts({ ...matcher, operator: 'MATCHES' }, value) ? [value] : []))]));
}

function and(parts: readonly Condition[]): Condition {
  return parts.length === 0 ? { sql: 'true', params: [] } : { sql: `(${parts.map((part) => part.sql).join(' AND ')})`, params: parts.flatMap((part) => part.params) };
}

function or(parts: readonly Condition[]): Condition {
  return parts.length === 0 ? { sql: 'false', params: [] } : { sql: `(${parts.map((part) => part.sql).join(' OR ')})`, params: parts.flatMap((part) => part.params) };
}
