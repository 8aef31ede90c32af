import { TokenSpend } from './refs.ts';

TokenSpend.implement({ description: 'What a model was used for.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }), model: t.exposeString('model', { description: 'The model.' }) }) });
