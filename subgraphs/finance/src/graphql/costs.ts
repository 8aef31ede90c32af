import { builder } from './builder.ts';
import { CostRow } from './refs.ts';

CostRow.implement({ description: 'One charge, by the columns of FOCUS.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }), billedCost: t.expose('billedCost', { type: 'Decimal', description: 'What is invoiced.' }) }) });
void builder;
