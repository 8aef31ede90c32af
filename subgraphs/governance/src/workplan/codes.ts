/** `CUST-WP-0040`, `ARTIFACT-STORE-WP-0005`; at most 100 characters. */
export const WORKSTREAM_CODE = /^(?=.{1,100}$)[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-WP-\d{1,6}$/;

/** `T01` and `CUST-WP-0040-T01` are both `CUST-WP-0040-T01`; undefined for anything else, and for a task of another workplan. */
export function fullCode(id: string, workstream: string | undefined): string | undefined {
  const match = /^(?:([A-Z][A-Z0-9-]*-WP-\d{1,6})-)?(T\d{1,6})$/.exec(id);
  if (match === null || (match[1] !== undefined && workstream !== undefined && match[1] !== workstream)) return undefined;
  return match[1] === undefined && workstream !== undefined ? `${workstream}-${id}` : id;
}
