import { buildSchema, getVariableValues, GraphQLError, parse, type GraphQLScalarType, type OperationDefinitionNode } from 'graphql';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { PublicError } from './errors.ts';
import { maskErrors, maskResult } from './mask.ts';

function masked(...errors: GraphQLError[]) {
  const lines: Record<string, any>[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, any>) });
  return { shown: maskErrors(errors, { log, requestId: 'r1' }).map((error) => error.toJSON()), lines };
}
const wrapped = (originalError: Error) => new GraphQLError(originalError.message, { originalError, path: ['a', 0] });

it('passes public errors with their facts', () => {
  const { shown, lines } = masked(wrapped(new PublicError('FORBIDDEN', 'No.', { missingScopes: ['x'] }, { cause: new Error('inner') })));
  expect(shown).toEqual([{ message: 'No.', path: ['a', 0], extensions: { code: 'FORBIDDEN', missingScopes: ['x'] } }]);
  expect(lines).toEqual([]);
});

it('masks everything else under one id that is in the log with the cause', () => {
  const { shown, lines } = masked(wrapped(new Error('SELECT 1')), wrapped(new TypeError('x is undefined')), new GraphQLError('m', { extensions: { code: 'P2002', stacktrace: ['at'] } }));
  const id = shown[0]?.extensions?.id;
  expect(shown.map(({ extensions }) => extensions)).toEqual(Array(3).fill({ code: 'INTERNAL', id }));
  expect(JSON.stringify(shown)).not.toMatch(/SELECT|undefined|P2002|stacktrace/);
  expect(lines.map((line) => [line.id, line.requestId, line.err?.message])).toEqual([[id, 'r1', 'SELECT 1'], [id, 'r1', 'x is undefined'], [id, 'r1', 'm']]);
});

it('keeps the id of an error that another part masked and logged', () => {
  const { shown, lines } = masked(new GraphQLError('at /srv/x.js', { extensions: { code: 'INTERNAL', id: 'other' } }));
  expect(shown[0]?.extensions).toEqual({ code: 'INTERNAL', id: 'other' });
  expect(shown[0]?.message).not.toContain('srv');
  expect(lines).toEqual([]);
});

it('calls wrong values of variables and arguments wrong input', () => {
  const { shown } = masked(new GraphQLError('Variable "$a" got invalid value 1'), new GraphQLError('Argument "a" has invalid value 1.'));
  expect(shown.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT']);
});

it('calls many wrong values of one variable wrong input, the last word about them too', () => {
  const schema = buildSchema('scalar Digest type Query { a(b: [Digest!]): Int }');
  (schema.getType('Digest') as GraphQLScalarType).parseValue = () => {
    throw new GraphQLError('Digest must be hexadecimal.');
  };
  const { variableDefinitions = [] } = parse('query ($b: [Digest!]) { a(b: $b) }').definitions[0] as OperationDefinitionNode;
  const { errors = [] } = getVariableValues(schema, variableDefinitions, { b: Array(100).fill('x') }, { maxErrors: 50 });
  expect(errors).toHaveLength(51);
  expect(masked(...errors).shown.filter(({ extensions }) => extensions?.code !== 'BAD_USER_INPUT')).toEqual([]);
});

it('bounds messages and their number, and tells nothing of the inside', () => {
  const { shown } = masked(...Array.from({ length: 500 }, () => new GraphQLError('x'.repeat(10_000), { extensions: { code: 'BAD_USER_INPUT', stacktrace: ['at'], serviceName: 's', field: 'f' } })));
  expect(shown).toHaveLength(100);
  expect(shown[0]?.message.length).toBe(501);
  expect(shown[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'f' });
});

it('leaves results without errors alone', () => {
  const result = { data: { a: 1 } };
  expect(maskResult(result, { log: pino({ level: 'silent' }) })).toBe(result);
});
