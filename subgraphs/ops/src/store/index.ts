// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { alerts } from './alert.ts';
export { inhibitions, silences } from './alert-rules.ts';
export { deployments } from './deployment.ts';
export { environments } from './environment.ts';
export { evidences } from './evidence.ts';
export { gates } from './gate.ts';
export { migrations } from './migration.ts';
export { poison } from './poison.ts';
export { positions } from './position.ts';
export { reporters } from './reporter.ts';
export { risks } from './risk.ts';
export { services } from './service.ts';
