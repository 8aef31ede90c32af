import { isObjectType as isPlannerObject, typeFromAST, type Schema } from '@apollo/federation-internals';
import { introspectionTypes, isObjectType, parseType } from 'graphql';

/**
 * Gives the planner's schema what graphql-js answers of the introspection and the planner has not heard of, such as
 * `__Type.isOneOf`: an operation that validation lets pass must not fail in the planner.
 */
export function completeIntrospection(schema: Schema): void {
  // private, and the only way past the guard of what is built in
  schema['runWithBuiltInModificationAllowed'](() => {
    for (const type of introspectionTypes) {
      const known = schema.type(type.name);
      if (!isObjectType(type) || !known || !isPlannerObject(known)) continue;
      for (const { name, type: valueType, args } of Object.values(type.getFields())) {
        const field = known.field(name) ?? known.addField(name, typeOf(schema, valueType));
        for (const argument of args) {
          if (!field.argument(argument.name)) field.addArgument(argument.name, typeOf(schema, argument.type), argument.defaultValue);
        }
      }
    }
  });
}

// any: whether it is an output or an input type, the text decides
function typeOf(schema: Schema, type: { toString(): string }): any {
  return typeFromAST(schema, parseType(String(type)));
}
