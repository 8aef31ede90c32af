import { StorageError } from './backend.ts';

const STAGED = /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/;
const KEY = /^blake3\/([0-9a-f]{2})\/([0-9a-f]{2})\/\1\2[0-9a-f]{60}$/;

/**
 * The name that an upload has while it is staged: its id, of which only letters, digits and hyphens are let through, so that
 * no id is a path.
 */
export function stagedName(id: string): string {
  if (!STAGED.test(id)) throw new Error(`not the id of an upload: ${JSON.stringify(id)}`);
  return id;
}

/** Whether something in the staging area can be an upload and not a thing of the backend's own. */
export function isStagedName(name: string): boolean {
  return STAGED.test(name);
}

/** The key again when it is one that `keyOf` makes. @throws StorageError `missing`: nothing is stored under any other */
export function checkedKey(key: string): string {
  if (!KEY.test(key)) throw new StorageError('missing', 'there is nothing stored under such a key');
  return key;
}
