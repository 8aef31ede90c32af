import { builder, READ } from './builder.ts';
import { AttributionRule } from './refs.ts';
import { attributionRules } from '../store/index.ts';

AttributionRule.implement({
  description: 'To whom charges belong.',
  fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }), name: t.exposeString('name', { description: 'What it is called.' }) }),
});
builder.queryField('attributionRules', (t) => t.field({ type: [AttributionRule], nullable: true, description: 'Every rule in force, first the one that counts first.', requiresScopes: READ, resolve: (_root, _args, context) => attributionRules.inForce(context.sql) }));
