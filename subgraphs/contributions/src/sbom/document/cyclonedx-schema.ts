import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { readPointer } from './json-place.ts';
import type { Steps } from './json-place.ts';

/** Versions of CycloneDX that are read, all whose JSON form has an official schema. */
export const cycloneDxVersions: readonly string[] = ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];

const compiled = new Map<string, ValidateFunction>();

/**
 * Validates a CycloneDX document in its JSON form by the official schema of its version; null when it is valid, else the
 * first fault. Takes time in proportion to the document, whatever stands in it.
 */
export function validateCycloneDx(version: string, document: unknown): { readonly steps: Steps; readonly reason: string } | null {
  const validate = compiled.get(version) ?? compile(version);
  if (validate(document) === true) return null;
  const [first] = validate.errors ?? [];
  const { additionalProperty, allowedValues } = (first?.params ?? {}) as { additionalProperty?: string; allowedValues?: readonly string[] };
  const detail = additionalProperty ?? allowedValues?.join(', ');
  return { steps: readPointer(first?.instancePath ?? ''), reason: `${first?.message ?? 'is not valid'}${detail === undefined ? '' : `: ${detail.slice(0, 300)}`}` };
}

// The library's own validator takes the same schemas, but compares every two components of a list: 20,000 take two minutes.
function compile(version: string): ValidateFunction {
  const require = createRequire(import.meta.url);
  const schema = (name: string) => JSON.parse(readFileSync(require.resolve('@cyclonedx/cyclonedx-library/package.json').replace(/package\.json$/, `res/schema/${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
  const schemas = Object.fromEntries(['spdx', 'cryptography-defs', 'jsf-0.82'].map((name) => [`http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`, schema(name)]));
  const ajv = new Ajv({ strict: false, addUsedSchema: false, schemas });
  addFormats.default(ajv);
  ajv.addFormat('iri-reference', true);
  // the usual parser of addresses takes far more than linear time
  ajv.addFormat('idn-email', (text) => text.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(text));
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: (isUnique: boolean, list: readonly unknown[]) => !isUnique || areUnique(list), error: { message: 'must NOT have duplicate items' } });
  const validate = ajv.compile(schema(`bom-${version}`));
  compiled.set(version, validate);
  return validate;
}

function areUnique(list: readonly unknown[]): boolean {
  return list.length < 2 || new Set(list.map(identityOf)).size === list.length;
}

const identities = new WeakMap<object, string>();

/** The same text for what JSON Schema calls equal; each object is looked at once, however many lists it stands in. */
function identityOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const before = identities.get(value);
  if (before !== undefined) return before;
  const text = Array.isArray(value) ? `[${value.map(identityOf).join()}]` : `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${identityOf(one)}`).toSorted().join()}}`;
  const identity = text.length > 1_000 ? createHash('sha256').update(text).digest('base64url') : text;
  identities.set(value, identity);
  return identity;
}
