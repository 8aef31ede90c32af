// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { accounts } from './account.ts';
export { allocations } from './allocation.ts';
export { budgets } from './budget.ts';
export { commitments } from './commitment.ts';
export { costRows } from './cost-row.ts';
export { costImports } from './cost-import.ts';
export { exchangeRates } from './exchange-rate.ts';
export { incomes } from './income.ts';
export { periods } from './period.ts';
export { attributionRules } from './attribution-rule.ts';
export { runwayPolicies } from './runway-policy.ts';
export { tokenSpends } from './token-spend.ts';
