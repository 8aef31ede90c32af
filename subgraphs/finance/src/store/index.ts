// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { accounts, type AccountFilter } from './account.ts';
export { allocations } from './allocation.ts';
export { budgetAlerts } from './budget-alert.ts';
export { budgets, type BudgetFilter, type BudgetOrder } from './budget.ts';
export { budgetFacts, type BudgetFigures } from './budget-facts.ts';
export { budgetLines } from './budget-lines.ts';
export { commitments, type CommitmentFilter, type CommitmentOrder } from './commitment.ts';
export { costRows } from './cost-row.ts';
export { costImports } from './cost-import.ts';
export { conversionKey, exchangeRates, type Conversion, type ExchangeRateFilter, type RateOrder } from './exchange-rate.ts';
export { flows } from './flow.ts';
export { incomes, type IncomeFilter } from './income.ts';
export { periods, type PeriodFilter, type PeriodOrder } from './period.ts';
export { attributionRules } from './attribution-rule.ts';
export { runwayPolicies } from './runway-policy.ts';
export { tokenSpends } from './token-spend.ts';
