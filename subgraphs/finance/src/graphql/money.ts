import { Money } from './refs.ts';

Money.implement({
  description: 'An exact amount in one currency.',
  fields: (t) => ({
    amount: t.expose('amount', { type: 'Decimal', description: 'The amount, exact.' }),
    currency: t.exposeString('currency', { description: 'Currency, ISO 4217, such as USD.' }),
  }),
});
