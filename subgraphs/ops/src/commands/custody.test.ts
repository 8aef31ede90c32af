import { afterAll, beforeAll, expect, it } from 'vitest';
import { isInputObjectType, isListType, isNonNullType, getNullableType, type GraphQLInputType } from 'graphql';
import { identityOf } from '@hubgraph/kit/identity';
import { startTestHub, type TestHub } from '../../../../test/harness/hub.ts';
import { SECRETS } from '../evidence/secret.fixture.ts';
import { schema } from '../graphql/index.ts';
import { definition } from '../subgraph.ts';

const SECRET = SECRETS.find(([, text]) => /^ghp_\w+$/.test(text))![1];
const ID = '01890000-0000-7000-8000-000000000000';
let hub: TestHub;

beforeAll(async () => {
  hub = await startTestHub(definition);
});
afterAll(() => hub[Symbol.asyncDispose]());

/** What a field may be given so that the input is one of its type. */
function sound(given: GraphQLInputType): unknown {
  const type = getNullableType(given);
  if (isListType(type)) return [sound(type.ofType)];
  if (isInputObjectType(type)) return Object.fromEntries(Object.values(type.getFields()).filter((field) => isNonNullType(field.type)).map((field) => [field.name, sound(field.type)]));
  if ('getValues' in type) return type.getValues()[0]!.name;
  return { Int: 3, Boolean: false, DateTime: '2026-03-02T09:00:00Z', Date: '2026-03-02', JSON: {}, ID, Purl: 'pkg:npm/a@1' }[type.name] ?? 'sound';
}

/** The input once for each text in it, that text being the secret: with the path of the text. */
function* spoilt(given: GraphQLInputType, path: readonly string[] = ['input']): Generator<[readonly string[], unknown]> {
  const type = getNullableType(given);
  if (isListType(type)) for (const [at, inner] of spoilt(type.ofType, [...path, '0'])) yield [at, [inner]];
  else if (isInputObjectType(type)) {
    const base = sound(type) as object;
    for (const field of Object.values(type.getFields())) for (const [at, inner] of spoilt(field.type, [...path, field.name])) yield [at, { ...base, [field.name]: inner }];
  } else if (type.name === 'JSON') {
    yield [[...path, 'deep', '0', 'a'], { deep: [{ a: SECRET }] }];
    yield [[...path, '0'], { [SECRET]: 1 }];
  } else if (type.name === 'String' || type.name === 'ID') yield [path, SECRET];
}

it('lets no secret in by any text of any mutation, says where it was and never what', async () => {
  const all = identityOf({ sub: 'everybody', roles: ['system', 'steward', 'maintainer', 'operator'] });
  const wrong: string[] = [];
  let tried = 0;
  for (const field of Object.values(schema.getMutationType()!.getFields())) {
    for (const [path, input] of spoilt(field.args[0]!.type)) {
      const { errors } = await hub.change(field.name, input as object, '__typename', all);
      const told = JSON.stringify(errors);
      tried += 1;
      // evidence may say instead that no such text belongs there
      const named = field.name === 'recordEvidence' ? errors.length > 0 : errors.some((error) => /secret/.test(error.message) && error.path.join('.') === path.join('.'));
      if (told.includes(SECRET) || !named) wrong.push(`${field.name} ${path.join('.')}: ${told}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(250);
  const tables = await hub.database.sql.query<{ name: string }>(`SELECT c.relname AS "name" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = $1`, [hub.database.schema]);
  const kept = await Promise.all(tables.map(({ name }) => hub.database.sql.query(`SELECT t::text FROM "${name}" t WHERE t::text LIKE '%' || $1 || '%'`, [SECRET])));
  expect(kept.flat()).toEqual([]);
});

it('takes keys of retries that are random, as they ought to be, and no marked secret as one', async () => {
  const register = (slug: string, idempotencyKey: string) => hub.change('registerService', { slug, domain: 'infotech', owner: 'mara', idempotencyKey }, 'service { slug }');
  expect((await register('one', 'V1StGXR8Z5jdHi6BmyTq0nPw3kLs7uEa')).errors).toEqual([]);
  expect((await register('two', SECRET)).errors).toMatchObject([{ path: ['input', 'idempotencyKey'] }]);
});
