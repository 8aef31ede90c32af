import { RunwayProjection } from './refs.ts';

RunwayProjection.implement({ description: 'For how many months the money of a domain lasts.', fields: (t) => ({ id: t.exposeID('id', { description: 'Slug of the domain.' }) }) });
