// Each file adds its noun to the builder; the order does not matter.
import './contribution-change.ts';
import './contribution-counts.ts';
import './contribution-sync.ts';
import './contribution.ts';
import './foreign.ts';
import './licence.ts';
import './package.ts';
import './sbom-foreign.ts';
import './sbom.ts';
import './upload.ts';
import { FEDERATION_LINK } from '@hubgraph/kit/graphql/builder';
import { builder } from './builder.ts';

/** The hub's executable subgraph schema. */
export const schema = builder.toSubGraphSchema({ linkUrl: FEDERATION_LINK });
