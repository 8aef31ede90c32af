// What the tests of budgets, commitments and months share: a hub, its jobs, and rows as imports would bring them.
import { pino } from 'pino';
import { createChanges } from '@hubgraph/kit/change';
import type { HeldClock } from '@hubgraph/kit/clock';
import { readConfig } from '@hubgraph/kit/config';
import { newId } from '@hubgraph/kit/ids';
import type { Identity } from '@hubgraph/kit/identity';
import { as, startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { config } from '../config.ts';
import { events } from '../events.ts';
import { jobs } from '../jobs.ts';
import { openDatabase, type Database } from '../store/index.ts';
import { definition } from '../subgraph.ts';

export const [allocator, steward, viewer] = [as('allocator'), as('steward'), as('viewer')];

/** One part of a charge, allocated to a domain. */
export interface Charge {
  readonly domain: string | null;
  readonly month: string;
  readonly amount: string;
  readonly currency?: string;
  readonly day?: string;
  readonly provider?: string;
}

export interface FinanceTest extends AsyncDisposable {
  readonly hub: TestHub;
  readonly database: Database;
  run(job: string): Promise<void>;
  ask(text: string, variables?: Record<string, unknown>, identity?: Identity): Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
  /** A mutation that is done; fails the test when it is refused. */
  done(verb: string, input: object, identity?: Identity): Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
  /** The errors of a mutation. */
  refused(verb: string, input: object, identity?: Identity): Promise<Record<string, any>[]>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
  /** An active budget of 2026 in USD. */
  budget(more?: object): Promise<string>;
  /** A charge with one allocation; gives its id. */
  charge(charge: Charge): Promise<string>;
  tokens(spend: Charge): Promise<void>;
}

const BUDGET = 'budget { id name status version currency allocated { amount } committed { amount } spent { amount } available { amount } period { start end } owner parent { id } thresholds { actual forecast } revisions { from { amount } to { amount } reason } domain { slug } history { verb from to actor note } allowedTransitions { verb allowed unmet { code } } }';
const COMMITMENT = 'commitment { id status version title start end total { amount currency } paid { amount } open { amount } value { amount } rate { rate day } penalty reason overrideDecision successor { id } instalments { day amount { amount currency } } payments { amount { amount currency } settled { amount currency } spent { amount currency } paidOn reference rate { rate } } history { verb from to note evidence } allowedTransitions { verb to allowed unmet { code } } }';
const PERIOD = 'period { id month start end status closedAt closedBy reason version history { verb from to note } allowedTransitions { verb allowed unmet { code } } }';
const fieldsOf = (verb: string): string => (verb.endsWith('Budget') ? BUDGET : verb.endsWith('Period') ? PERIOD : verb === 'recordExchangeRates' ? 'rates { id from to day rate source history { note } }' : verb === 'recordPayment' ? `${COMMITMENT} payment { id month }` : COMMITMENT);
const ERROR = '__typename code message path ... on TransitionRefused { from to unmet { code message refs } } ... on Duplicate { existingId } ... on VersionConflict { expected actual }';

export async function startFinance(clock: HeldClock): Promise<FinanceTest> {
  const hub = await startTestHub(definition, { clock, env: { HUBGRAPH_FINANCE_CONNECTIONS: '10' } });
  const database = openDatabase(hub.database.url, 4);
  const changes = createChanges({ transactor: database.transactor, catalogue: events, clock, committed: () => {} });
  const all = jobs({ sql: database.sql, changes, clock, log: pino({ level: 'silent' }), settings: readConfig(config, {}) });
  const call = (verb: string, input: object, identity: Identity) => {
    const type = `${verb[0]!.toUpperCase()}${verb.slice(1)}Input`;
    return hub.ask(`mutation ($input: ${type}!) { answer: ${verb}(input: $input) { ${fieldsOf(verb)} errors { ${ERROR} } events { type } } }`, { input }, identity);
  };
  const done: FinanceTest['done'] = async (verb, input, identity = allocator) => {
    const { answer } = await call(verb, input, identity);
    if (answer.errors.length > 0) throw new Error(`${verb}: ${JSON.stringify(answer.errors)}`);
    return answer;
  };
  let rows = 0;
  return {
    hub,
    database,
    done,
    ask: (text, variables, identity = allocator) => hub.ask(text, variables, identity),
    refused: async (verb, input, identity = allocator) => (await call(verb, input, identity)).answer.errors,
    run: async (name) => {
      const job = all.find((one) => one.name === name);
      if (job === undefined) throw new Error(`there is no job ${name}`);
      await job.run(new AbortController().signal);
    },
    async budget(more = {}) {
      const { budget } = await done('draftBudget', { name: 'A budget', domain: 'infotech', periodStart: '2026-01-01', periodEnd: '2027-01-01', currency: 'USD', allocated: '1000', ...more });
      await done('activateBudget', { id: budget.id });
      return budget.id;
    },
    async charge({ domain, month, amount, currency = 'USD', day = `${month}-10`, provider = 'AWS' }) {
      const id = newId();
      await database.sql.query(
        `INSERT INTO "CostRow" ("id", "source", "rowKey", "contentHash", "current", "importId", "month", "billedCost", "effectiveCost", "billingCurrency", "billingPeriodStart", "billingPeriodEnd", "chargePeriodStart", "chargePeriodEnd", "day", "chargeCategory", "providerName", "serviceName", "tags", "more")
         VALUES ($1::uuid, 'test', $2, $2, true, $1::uuid, $3, $4::text::numeric, $4::text::numeric, $5, $6::text::timestamptz, $6::text::timestamptz, $6::text::timestamptz, $6::text::timestamptz, $6::text::date, 'Usage', $7, 'S3', '{}', '{}')`,
        [id, `row-${++rows}`, month, amount, currency, day, provider],
      );
      await database.sql.query(
        `INSERT INTO "Allocation" ("rowId", "part", "domain", "ratio", "billedCost", "effectiveCost", "month", "day", "providerName", "currency") VALUES ($1::uuid, 0, $2, 1, $3::text::numeric, $3::text::numeric, $4, $5::text::date, $6, $7)`,
        [id, domain, amount, month, day, provider, currency],
      );
      return id;
    },
    async tokens({ domain, month, amount, currency = 'USD', day = `${month}-10`, provider = 'Anthropic' }) {
      await database.sql.query(
        `INSERT INTO "TokenSpend" ("id", "provider", "model", "at", "input", "cachedInput", "cacheWrite", "output", "cost", "currency", "domain", "source", "sourceKey", "contentHash", "current", "month", "recordedBy", "recordedAt")
         VALUES ($1::uuid, $2, 'm', $3::text::timestamptz, 1, 0, 0, 1, $4::text::numeric, $5, $6, 'test', $7, $7, true, $8, 'me', now())`,
        [newId(), provider, `${day}T12:00:00Z`, amount, currency, domain, `t-${++rows}`, month],
      );
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      await hub[Symbol.asyncDispose]();
    },
  };
}
