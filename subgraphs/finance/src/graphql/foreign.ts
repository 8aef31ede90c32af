// The nouns of other hubs that this hub adds to; what it adds stands in the files of its own nouns.
import { builder } from './builder.ts';
import { Domain, Service, StateSummary, Workstream } from './refs.ts';

for (const ref of [Domain, Service]) {
  ref.implement({ fields: (t) => ({ slug: t.exposeString('slug', {}) }) });
  builder.asEntity(ref, { key: builder.selection<{ slug: string }>('slug'), resolveReference: ({ slug }) => ({ slug }) });
}
Workstream.implement({ fields: (t) => ({ code: t.exposeString('code', {}) }) });
builder.asEntity(Workstream, { key: builder.selection<{ code: string }>('code'), resolveReference: ({ code }) => ({ code }) });
StateSummary.implement({ fields: (t) => ({ id: t.exposeID('id', {}) }) });
builder.asEntity(StateSummary, { key: builder.selection<{ id: string }>('id'), resolveReference: ({ id }) => (id === 'state' ? { id } : null) });
