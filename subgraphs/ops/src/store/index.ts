// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { ALERT_ORDERS, alerts, type AlertFilter, type AlertList, type AlertOrder, type AlertParent } from './alert.ts';
export { ALERT_GROUPINGS, alertGroups, type AlertGroup, type AlertGrouping, type GroupBy } from './alert-groups.ts';
export { inhibitions, silences } from './alert-rules.ts';
export { deployments, DEPLOYMENT_ORDERS, type DeploymentFilter, type DeploymentOrder, type RunningRelease } from './deployment.ts';
export { environments, type EnvironmentFilter } from './environment.ts';
export { evidences } from './evidence.ts';
export { gates, GATE_ORDERS, type GateFilter, type GateOrder, type GateParent, type GateScope } from './gate.ts';
export { gateEvidence } from './gate-facts.ts';
export { migrationFacts, type StoredMigrationFacts } from './migration-facts.ts';
export { migrations, MIGRATION_ORDERS, type MigrationFilter, type MigrationOrder } from './migration.ts';
export { poison, type PoisonFilter } from './poison.ts';
export { positions, type StreamPlace } from './position.ts';
export { reporters, type ReporterFilter } from './reporter.ts';
export { RISK_ORDERS, risks, type RiskCount, type RiskFilter, type RiskList, type RiskOrder, type RiskParent } from './risk.ts';
export { services, SERVICE_ORDERS, type Place, type ServiceFilter, type ServiceOrder } from './service.ts';
export { suppressions, type Suppressed } from './suppression.ts';
