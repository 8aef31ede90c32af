// Each file adds its noun to the builder; the order does not matter.
import './alert.ts';
import './alert-change.ts';
import './alert-groups.ts';
import './alert-lists.ts';
import './alert-rules.ts';
import './deployment.ts';
import './environment.ts';
import './evidence.ts';
import './evidence-batch.ts';
import './foreign.ts';
import './gate.ts';
import './gate-change.ts';
import './gate-lists.ts';
import './inventory.ts';
import './migration.ts';
import './migration-change.ts';
import './poison.ts';
import './readiness.ts';
import './reporter.ts';
import './risk.ts';
import './risk-change.ts';
import './service.ts';
import { FEDERATION_LINK } from '@hubgraph/kit/graphql/builder';
import { builder } from './builder.ts';

/** The hub's executable subgraph schema. */
export const schema = builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
