import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate, GraphQLSafeInt } from 'graphql-scalars';
import type { HubBuilder } from './builder.ts';

function textScalar(name: string, description: string, pattern: RegExp, shape: string): GraphQLScalarType<string, string> {
  const check = (value: unknown): string => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new TypeError(`${name} must be ${shape}.`);
    return value;
  };
  return new GraphQLScalarType({ name, description, serialize: check, parseValue: check, parseLiteral: (node: ValueNode) => check(node.kind === Kind.STRING ? node.value : undefined) });
}

/** A decimal that is handed in: what may be stored. An answer may be a sum of such. */
function decimalOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('Decimal must be a decimal number in a string, so that it stays exact.');
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(value);
  if (match === null) throw new TypeError('Decimal must be a decimal number in a string, such as "12.50", without exponent.');
  const [, whole = '', places = ''] = match;
  if (whole.length > 20) throw new TypeError(`Decimal must have at most 20 digits before the point; this has ${whole.length}.`);
  if (places.length > 18) throw new TypeError(`Decimal must have at most 18 digits behind the point; this has ${places.length}.`);
  return value;
}
function decimalText(value: unknown): string {
  if (typeof value !== 'string' || !/^-?\d{1,60}(\.\d{1,18})?$/.test(value)) throw new TypeError('Decimal must be a decimal number in a string.');
  return value;
}
const Decimal = new GraphQLScalarType({
  name: 'Decimal',
  description: 'An exact decimal number as text, such as "12.50"; at most 20 digits before and 18 behind the point, no exponent. Sums in answers may have more before it.',
  serialize: decimalText,
  parseValue: decimalOf,
  parseLiteral: (node: ValueNode) => decimalOf(node.kind === Kind.STRING ? node.value : undefined),
});
const EventCursor = textScalar('EventCursor', 'An opaque, signed position in the event streams. Hand it back as it is.', /^[\w.-]{1,4096}$/, 'a cursor that this graph gave');
const Sha256 = textScalar('Sha256', 'A SHA-256 digest: 64 hexadecimal digits in lower case.', /^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case');
const Blake3 = textScalar('Blake3', 'A BLAKE3 digest: `blake3:` and 64 hexadecimal digits in lower case.', /^blake3:[0-9a-f]{64}$/, 'blake3: and 64 hexadecimal digits');
const Purl = textScalar('Purl', 'A package URL (purl), such as `pkg:npm/jszip@3.10.1`.', /^pkg:[\w.+-]+\/\S{1,1000}$/, 'a package URL');

function described(scalar: GraphQLScalarType, name: string, description: string): GraphQLScalarType {
  const { specifiedByURL: _url, ...config } = scalar.toConfig();
  return new GraphQLScalarType({ ...config, name, description });
}

/** The scalars of the conventions, the same in every subgraph. */
export const scalars = {
  DateTime: described(GraphQLDateTimeISO, 'DateTime', 'A moment: RFC 3339, UTC, such as "2026-03-02T09:30:00.000Z".'),
  Date: described(GraphQLLocalDate, 'Date', 'A calendar day: "2026-03-02".'),
  JSON: described(GraphQLJSON, 'JSON', 'Any JSON value.'),
  SafeInt: described(GraphQLSafeInt, 'SafeInt', 'A whole number of at most 53 bits, such as a size in bytes; a JSON number.'),
  Decimal,
  EventCursor,
  Sha256,
  Blake3,
  Purl,
};

/** Registers the scalars with a hub's builder; those that nothing uses do not appear in its schema. */
export function addScalars(builder: HubBuilder): void {
  builder.addScalarType('DateTime', scalars.DateTime);
  builder.addScalarType('Date', scalars.Date);
  builder.addScalarType('JSON', scalars.JSON);
  builder.addScalarType('SafeInt', scalars.SafeInt);
  builder.addScalarType('Decimal', scalars.Decimal);
  builder.addScalarType('EventCursor', scalars.EventCursor);
  builder.addScalarType('Sha256', scalars.Sha256);
  builder.addScalarType('Blake3', scalars.Blake3);
  builder.addScalarType('Purl', scalars.Purl);
}
