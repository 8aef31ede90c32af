import { GraphQLError } from 'graphql';

/**
 * What graphql-js says of a variable that does not fit, without the value that it quotes: a value in the wrong place may be
 * a secret, and messages are kept in logs of clients. Where it is and what belongs there stays.
 */
export function withoutValue(error: GraphQLError): GraphQLError {
  const reason = error.originalError?.message;
  const [, name] = /^Variable "\$(\w+)" got invalid value /.exec(error.message) ?? [];
  if (name === undefined || reason === undefined || !error.message.endsWith(`; ${reason}`)) return error;
  // the place stands right before the reason, whatever the value before it contains
  const place = / at "([\w.[\]]+)"$/.exec(error.message.slice(0, -reason.length - 2))?.[1] ?? name;
  return new GraphQLError(`Variable "$${name}" got an invalid value at "${place}"; ${said(reason)}`, { nodes: error.nodes, source: error.source, positions: error.positions });
}

/** The reason as far as it speaks of the schema. */
function said(reason: string): string {
  const inEnum = /^Value "[\s\S]*" does not exist in "(\w+)" enum\./.exec(reason)?.[1];
  if (inEnum !== undefined) return `the value does not exist in the enum "${inEnum}".`;
  const scalar = /^(?:Enum )?"?(\w+)"? cannot represent /.exec(reason)?.[1];
  if (scalar !== undefined) return `"${scalar}" cannot represent it.`;
  const own = /^Expected type "(\w+)"\.(?: (\w+ must be [^"]*))?/.exec(reason);
  if (own !== null) return own[2] ?? `expected type "${own[1]}".`;
  return /^(?:Field "|Expected |\w+ must be )/.test(reason) ? reason : 'it does not fit its type.';
}
