import { v7 } from 'uuid';

/** A new UUIDv7: sorts by the time it was made, so that primary keys stay close together in the index. */
export function newId(): string {
  return v7();
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether `text` is a UUID of any version; PostgreSQL refuses anything else in a uuid column. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
