import { builder } from './builder.ts';

/** The governance hub's domain, as far as this hub knows it: its key. Fields that this hub adds to it belong here too. */
export const Domain = builder.objectRef<{ slug: string }>('Domain');
Domain.implement({ fields: (t) => ({ slug: t.exposeString('slug', {}) }) });
builder.asEntity(Domain, { key: builder.keyDirective(builder.selection<{ slug: string }>('slug'), false) });
