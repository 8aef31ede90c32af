import { baseType, isInterfaceType, isObjectType, type CompositeType, type DirectiveTargetElement, type FieldDefinition, type NamedType, type OutputType, type Schema } from '@apollo/federation-internals';

/** What a caller must bring: an identity and, unless empty, one of these sets of scopes (an OR of ANDs). */
export type Requirement = readonly (readonly string[])[];

/** What the supergraph asks of callers, read once from `@authenticated` and `@requiresScopes`. */
export interface Requirements {
  /**
   * Everything that selecting `field` on `type` asks for, each to be fulfilled: of the field, of its parent, of the
   * type it returns and, on an interface, of every type that implements it.
   */
  of(type: string, field: string): readonly Requirement[];
  /** Every scope that any requirement names, sorted: other scopes of a caller change nothing. */
  readonly scopes: readonly string[];
}

const AUTHENTICATED = 'authenticated';
const REQUIRES_SCOPES = 'requiresScopes';
const NONE: readonly Requirement[] = [];

/** Reads the requirements of a full supergraph schema, under whatever names its `@link`s give the two directives. */
export function readRequirements(supergraph: Schema): Requirements {
  const directives = {
    authenticated: nameInSchema(supergraph, AUTHENTICATED),
    requiresScopes: nameInSchema(supergraph, REQUIRES_SCOPES),
  };
  // `any` as in federation-internals: what else an element is does not matter for its directives.
  const own = (element: DirectiveTargetElement<any> | NamedType): Requirement[] => ownRequirements(element, directives);
  const table = new Map<string, readonly Requirement[]>();
  const scopes = new Set<string>();
  for (const type of supergraph.types()) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of type.fields()) {
      const all = unique(fieldRequirements(type, field, own));
      for (const scope of all.flat(2)) scopes.add(scope);
      if (all.length > 0) table.set(`${type.name}.${field.name}`, all);
    }
  }
  return { of: (type, field) => table.get(`${type}.${field}`) ?? NONE, scopes: [...scopes].sort() };
}

// `any` for the same reason.
function fieldRequirements(type: CompositeType, field: FieldDefinition<any>, own: (element: any) => Requirement[]): Requirement[] {
  const all = [...own(type), ...own(field), ...own(baseType(field.type as OutputType))];
  // Composition carries requirements of implementing types up to the interface since 2.12.1 (GHSA-mx7m-j9xf-62hw).
  // A supergraph composed before that does not, and must not open a way around them.
  if (isInterfaceType(type)) {
    for (const implementation of type.possibleRuntimeTypes()) {
      all.push(...own(implementation));
      const implemented = implementation.field(field.name);
      if (implemented) all.push(...own(implemented));
    }
  }
  return all;
}

interface DirectiveNames {
  readonly authenticated?: string;
  readonly requiresScopes?: string;
}

// federation-internals types the arguments of a directive that is looked up by name as `any`.
function ownRequirements(element: any, names: DirectiveNames): Requirement[] {
  const found: Requirement[] = [];
  if (names.authenticated && element.appliedDirectivesOf(names.authenticated).length > 0) found.push([]);
  if (names.requiresScopes) {
    for (const applied of element.appliedDirectivesOf(names.requiresScopes)) found.push(applied.arguments().scopes as Requirement);
  }
  return found;
}

function nameInSchema(supergraph: Schema, directive: string): string | undefined {
  return supergraph.coreFeatures?.getByIdentity(`https://specs.apollo.dev/${directive}`)?.directiveNameInSchema(directive);
}

function unique(requirements: readonly Requirement[]): Requirement[] {
  return [...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()];
}
