import { builder } from './builder.ts';
import { Sbom } from './refs.ts';

Sbom.implement({ description: 'The bill of materials of a repo at one moment.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }) }) });
builder.asEntity(Sbom, { key: builder.selection<{ id: string }>('id'), resolveReference: () => null });
