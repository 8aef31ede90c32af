import { createContext, runInContext } from 'node:vm';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import { jsonProblems } from './canonical.ts';
import { linearPattern } from './linear-pattern.ts';

/** Characters that a schema and metadata may have as JSON. */
const MAX_SCHEMA = 256 * 1024;
const MAX_METADATA = 1024 * 1024;
const MAX_PROBLEMS = 20;
/** Milliseconds for compiling a schema or for one validation. */
const PATIENCE = 1_000;
const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Compiled schemas by their JSON text. */
const compiled = new LRUCache<string, ValidateFunction>({ max: 100 });

/**
 * Why a value is no metadata schema that can be registered, one sentence each; empty when it is one: JSON Schema 2020-12
 * whose references stay inside the document and whose patterns are evaluated in linear time.
 */
export function schemaProblems(schema: unknown): string[] {
  if (typeof schema !== 'boolean' && (typeof schema !== 'object' || schema === null || Array.isArray(schema))) return ['A JSON Schema is an object, true or false.'];
  const problems = jsonProblems(schema);
  if (problems.length > 0) return problems;
  if (JSON.stringify(schema).length > MAX_SCHEMA) return [`The schema has more than ${MAX_SCHEMA} characters.`];
  if (typeof schema === 'object') visitKeywords(schema, '', true, problems);
  if (problems.length > 0) return problems.slice(0, MAX_PROBLEMS);
  const made = attempt(() => validatorOf(schema)({})); // what refers to itself in place never ends, on any value
  return 'problem' in made ? [`The schema cannot be used: ${made.problem}.`] : [];
}

/** Why metadata do not fit a schema (or have no canonical form), one sentence each and at most twenty; empty when they do. */
export function metadataProblems(schema: object | boolean, metadata: unknown): string[] {
  const problems = formProblems(metadata);
  if (problems.length > 0) return problems;
  const answer = attempt(() => {
    const validate = validatorOf(schema);
    return validate(metadata) === true ? [] : (validate.errors ?? []);
  });
  if ('problem' in answer) return [`The metadata cannot be judged by their schema: ${answer.problem}.`];
  return answer.value.slice(0, MAX_PROBLEMS).map(sentence);
}

/** Why a value can be the metadata of no package, with or without a schema, one sentence each. */
export function formProblems(metadata: unknown): string[] {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return ['Metadata are an object.'];
  const problems = jsonProblems(metadata);
  if (problems.length === 0 && JSON.stringify(metadata).length > MAX_METADATA) problems.push(`The metadata have more than ${MAX_METADATA} characters.`);
  return problems;
}

/** Keywords whose values are data, in which `$ref` means nothing. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords whose values map names of any kind to schemas. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

function visitKeywords(schema: object, path: string, root: boolean, problems: string[]): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}/${keyword}`;
    if ((keyword === '$ref' || keyword === '$dynamicRef') && !(typeof value === 'string' && value.startsWith('#'))) problems.push(`${at} leaves the document: only references that begin with # are followed.`);
    else if (keyword === '$schema' && !(typeof value === 'string' && DIALECT.test(value))) problems.push(`${at} is not JSON Schema 2020-12.`);
    else if ((keyword === '$id' || keyword === '$schema') && !root) problems.push(`${at} begins another document.`);
    else if (keyword === '$async') problems.push(`${at} is not a keyword of JSON Schema.`);
    if (DATA.has(keyword) || typeof value !== 'object' || value === null) continue;
    if (MAPS.has(keyword) && !Array.isArray(value)) {
      for (const [name, one] of Object.entries(value)) if (typeof one === 'object' && one !== null) visitKeywords(one as object, `${at}/${name}`, false, problems);
    } else if (Array.isArray(value)) {
      value.forEach((one: unknown, index) => typeof one === 'object' && one !== null && visitKeywords(one, `${at}/${index}`, false, problems));
    } else visitKeywords(value as object, at, false, problems);
  }
}

function validatorOf(schema: object | boolean): ValidateFunction {
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const regExp = Object.assign((pattern: string) => linearPattern(pattern), { code: 'undefined' }); // `code` is for validators written to files
  // unknown keywords and formats are refused, a required name without a property is not
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, strictTuples: false, allErrors: true, validateFormats: true, logger: false, code: { regExp } });
  addFormats.default(ajv);
  ajv.addVocabulary(['$anchor']); // followed by the library, but unknown to its own strict mode
  const validate = ajv.compile(schema);
  compiled.set(text, validate);
  return validate;
}

const context = createContext({});

/**
 * Does something that a hostile schema could make last for ever (sub-schemas that multiply, quadratic comparisons): V8 itself
 * ends it after {@link PATIENCE}, which a timer could not, since the event loop waits.
 */
function attempt<T>(work: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    context.work = work;
    return { value: runInContext('work()', context, { timeout: PATIENCE }) as T };
  } catch (error) {
    const { code, message, name } = error as NodeJS.ErrnoException;
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { problem: `it takes more than ${PATIENCE} ms` };
    return { problem: name === 'RangeError' ? 'it refers to itself without end' : message.replace(/\.$/, '') };
  } finally {
    delete context.work;
  }
}

function sentence({ instancePath, message, params }: ErrorObject): string {
  const { additionalProperty, unevaluatedProperty, allowedValues } = params as { additionalProperty?: string; unevaluatedProperty?: string; allowedValues?: readonly unknown[] };
  const detail = additionalProperty ?? unevaluatedProperty ?? allowedValues?.map((value) => JSON.stringify(value)).join(', ');
  return `${instancePath || '/'} ${message ?? 'is not valid'}${detail === undefined ? '' : `: ${detail.slice(0, 300)}`}.`;
}
