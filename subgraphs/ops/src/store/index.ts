// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { ALERT_ORDERS, alerts, type AlertFilter, type AlertList, type AlertOrder, type AlertParent } from './alert.ts';
export { inhibitions, silences } from './alert-rules.ts';
export { deployments } from './deployment.ts';
export { environments } from './environment.ts';
export { evidences } from './evidence.ts';
export { gates } from './gate.ts';
export { migrations } from './migration.ts';
export { poison, type PoisonFilter } from './poison.ts';
export { positions, type StreamPlace } from './position.ts';
export { reporters } from './reporter.ts';
export { RISK_ORDERS, risks, type RiskCount, type RiskFilter, type RiskList, type RiskOrder, type RiskParent } from './risk.ts';
export { services } from './service.ts';
export { suppressions, type Suppressed } from './suppression.ts';
