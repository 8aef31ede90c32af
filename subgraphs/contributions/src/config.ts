import { defineConfig, kinds } from '@hubgraph/kit/config';

/** The contributions hub's own settings. */
export const config = defineConfig({
  HUBGRAPH_CONTRIBUTIONS_CONNECTIONS: { schema: kinds.integer(2, 200), default: '10', about: 'Connections of the contributions hub to PostgreSQL. Requests beyond wait up to 5 s for one.' },
  HUBGRAPH_FOLLOW_UP_DAYS: { schema: kinds.integer(1, 3650), default: '30', about: 'Days after which a submitted contribution without acknowledgement needs a follow-up.' },
  HUBGRAPH_LICENCE_POLICY: { schema: kinds.text(), about: 'Path of the licence policy (YAML or JSON: classes, scopes, waivers with expiry and decision). Without one, GPL, AGPL and LGPL effective in a direct production dependency are a risk.' },
});
