import { defineConfig, kinds, type ConfigOf } from '@hubgraph/kit/config';

/** Settings of revocation; the gateway's config merges this table into its own. */
export const revocationConfig = defineConfig({
  HUBGRAPH_REVOCATION_HOURS: {
    schema: kinds.integer(1, 8_784), default: '24',
    about: 'Hours that a revocation holds unless it says otherwise: as long as the longest token that the issuer gives out.',
  },
  HUBGRAPH_REVOCATION_SILENCE: {
    schema: kinds.integer(1_000, 3_600_000), default: '10000',
    about: 'Milliseconds for which a gateway may be unable to hear revocations before /health/ready says so.',
  },
  HUBGRAPH_OIDC_LOGOUT_AUDIENCE: {
    schema: kinds.list(),
    about: 'Comma-separated client ids that logout tokens at /backchannel-logout may be for; `hubgraph` when not set.',
  },
});

/** The values of {@link revocationConfig}. */
export type RevocationSettings = ConfigOf<typeof revocationConfig>;
