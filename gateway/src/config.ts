import { defineConfig, kinds } from '@hubgraph/kit/config';
import { DEFAULT_LIMITS, type Limits } from './query/limit.ts';
import { observeConfig } from './observe/settings.ts';
import { revocationConfig } from './revocation/settings.ts';
import { subscriptionConfig } from './subscription/settings.ts';

/** A limit on operations: refused as `OPERATION_TOO_LARGE` beyond it. */
const limitSetting = (limit: keyof Limits, about: string) => ({ schema: kinds.integer(1, 1_000_000), default: String(DEFAULT_LIMITS[limit]), about: `${about} More is refused as OPERATION_TOO_LARGE.` });

/** What the gateway can be told. */
export const gatewayConfig = defineConfig({
  HUBGRAPH_AUTH: {
    schema: kinds.oneOf(['oidc', 'development']),
    about: '`oidc`: tokens of HUBGRAPH_OIDC_ISSUER; the default when that is set. `development`: tokens of `hubgraph token`, on the loopback only; the default otherwise.',
  },
  HUBGRAPH_OIDC_ISSUER: { schema: kinds.url('https:', 'http:'), about: 'Issuer of access tokens: the `iss` they have. Their audience must be `hubgraph`.' },
  HUBGRAPH_OIDC_JWKS_URL: { schema: kinds.url('https:', 'http:'), about: 'Where the issuer\'s public keys are; found by OpenID Connect discovery when not set.' },
  HUBGRAPH_REQUEST_TIME: {
    schema: kinds.integer(100, 600_000), default: '35000',
    about: 'Milliseconds that one request may take over all its hubs; what has not come by then is null with TIMEOUT.',
  },
  HUBGRAPH_MAX_BODY: { schema: kinds.integer(1_024, 64 * 1_048_576), default: '262144', about: 'Bytes of a request body; a larger one gets 413.' },
  HUBGRAPH_MAX_INGEST_BODY: {
    schema: kinds.integer(1_024, 32 * 1_048_576), default: '16777216',
    about: 'Bytes of a request body with the header `x-hubgraph-ingest: 1` and a token with the scope sbom:ingest or governance:write, as bills of materials need them.',
  },
  HUBGRAPH_MAX_TOKENS: limitSetting('tokens', 'Tokens of a document.'),
  HUBGRAPH_MAX_DEPTH: limitSetting('depth', 'Fields within fields.'),
  HUBGRAPH_MAX_ALIASES: limitSetting('aliases', 'Fields with an alias, fragments counted at every use.'),
  HUBGRAPH_MAX_ROOT_FIELDS: limitSetting('rootFields', 'Fields at the root, fragments counted at every use.'),
  HUBGRAPH_MAX_DIRECTIVES: limitSetting('directives', 'Directives, fragments counted at every use.'),
  HUBGRAPH_MAX_FIELDS: limitSetting('fields', 'All fields, fragments counted at every use.'),
  HUBGRAPH_MAX_VARIABLES_DEPTH: limitSetting('variablesDepth', 'Lists and objects within each other in the variables.'),
  ...subscriptionConfig,
  ...revocationConfig,
  ...observeConfig,
});
