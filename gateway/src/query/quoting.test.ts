import { buildSchema, getVariableValues, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { withoutValue } from './quoting.ts';

const schema = buildSchema('enum Word { ONE TWO } input Inner { word: Word count: Int! text: String } type Query { a(list: [Inner!], flat: Int): Int }');
const [operation] = parse('query ($list: [Inner!], $flat: Int) { a(list: $list, flat: $flat) }').definitions;

test('what a variable holds is not in the message, where it is and what belongs there is', () => {
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('not an operation');
  const values = { list: [{ word: 'hidden-1', count: 'hidden-2', text: { a: 'hidden-3 at "list[9]"; x' } }, { count: 1, other: 'hidden-4' }, 'hidden-5', { word: 7 }], flat: 'hidden-6 at "x"; y' };
  const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], values);
  const messages = errors.map((error) => withoutValue(error).message);
  expect(messages.join('\n')).not.toContain('hidden');
  expect(messages).toContain('Variable "$list" got an invalid value at "list[0].word"; the value does not exist in the enum "Word".');
  expect(messages).toContain('Variable "$list" got an invalid value at "list[0].text"; "String" cannot represent it.');
  expect(messages).toContain('Variable "$list" got an invalid value at "list[1]"; Field "other" is not defined by type "Inner".');
  expect(messages).toContain('Variable "$flat" got an invalid value at "flat"; "Int" cannot represent it.');
  expect(messages).toContain('Variable "$list" got an invalid value at "list[3]"; Field "count" of required type "Int!" was not provided.');
});
