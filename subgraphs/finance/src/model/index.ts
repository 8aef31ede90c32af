// The nouns of money: what is stored, in plain types. Column names in PostgreSQL are the field names. An amount is a decimal
// text, as PostgreSQL's numeric writes it: no float anywhere; money/decimal.ts calculates.
export * from './attribution.ts';
export * from './budget.ts';
export * from './commitment.ts';
export * from './cost.ts';
export * from './money.ts';
export * from './period.ts';
export * from './runway.ts';
export * from './token-spend.ts';
