import { Account } from './refs.ts';

Account.implement({ description: 'Money that is there.', fields: (t) => ({ id: t.exposeID('id', { description: 'UUIDv7 made by the hub.' }) }) });
