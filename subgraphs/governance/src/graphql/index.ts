// Each file adds its noun to the builder; the order does not matter.
import './closure.ts';
import './decision.ts';
import './dependency.ts';
import './domain.ts';
import './goal.ts';
import './maintenance.ts';
import './outside.ts';
import './progress.ts';
import './rebuild.ts';
import './repo.ts';
import './state-summary.ts';
import './sync.ts';
import './task.ts';
import './topic.ts';
import './workstream.ts';
import { FEDERATION_LINK } from '@hubgraph/kit/graphql/builder';
import { builder } from './builder.ts';

/** The hub's executable subgraph schema. */
export const schema = builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
