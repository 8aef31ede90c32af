// Each file adds its noun to the builder; the order does not matter.
import './audit.ts';
import './eligibility.ts';
import './file.ts';
import './foreign.ts';
import './hold.ts';
import './metadata-schema.ts';
import './package.ts';
import './package-change.ts';
import './retention.ts';
import './scrub.ts';
import './storage.ts';
import './upload.ts';
import { FEDERATION_LINK } from '@hubgraph/kit/graphql/builder';
import { builder } from './builder.ts';

/** The hub's executable subgraph schema. */
export const schema = builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
