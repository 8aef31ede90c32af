/** UTF-8 bytes that a logical path may have. */
export const MAX_PATH_BYTES = 1024;

/** UTF-8 bytes between two slashes: what every common file system can hold. */
const MAX_NAME_BYTES = 255;

/** The folder of a package's own files, such as its manifest; no file of a package lies there. */
export const RESERVED_FOLDER = '.hubgraph';

// eslint-disable-next-line no-control-regex -- they are what this is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** Characters that change how a path is shown, or are not shown at all; joiners stay, scripts and emoji need them. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Noncharacter_Code_Point}/u;
/** What some system takes for a separator, a drive, a stream or a wildcard. */
const NOT_PORTABLE = /[<>:"|?*\\]/;
/** Look like separators, and some systems turn them into one. */
const SLASH_ALIKE = /[\u2044\u2215\u2216\u29f5\u29f8\u29f9]/;
/** A dot, a separator or a control character for whoever decodes once more (or once too often, or overlong). */
const ENCODED = /%(?:25)*(?:2e|2f|5c|[01][\da-f]|7f|c0|c1|e0%(?:25)*80|f0%(?:25)*80)/i;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)\s*(?:\.|$)/i;

/**
 * Why a text is no logical path of a file, in one clause; null when it is one.
 *
 * A logical path is relative, normalised, in NFC, at most {@link MAX_PATH_BYTES} long, and can be written below any
 * folder on every common system without leaving it or meaning something else there. Takes linear time.
 */
export function pathProblem(path: string): string | null {
  if (path === '') return 'it is empty';
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES) return `it has more than ${MAX_PATH_BYTES} bytes`;
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (CONTROL.test(path)) return 'it has a control character';
  if (INVISIBLE.test(path)) return 'it has an invisible or direction-changing character';
  if (path.normalize('NFC') !== path) return 'it is not in Unicode normal form NFC';
  if (path.startsWith('/') || path.startsWith('\\')) return 'it is absolute';
  if (/^[a-z]:/i.test(path)) return 'it names a drive';
  const odd = NOT_PORTABLE.exec(path)?.[0];
  if (odd !== undefined) return `it has the character ${odd}, which not every system can write`;
  if (ENCODED.test(path)) return 'it has a percent-encoded dot, separator or control character';
  if (/^~[^/]*\//.test(path)) return 'it begins with a home folder';
  const names = path.split('/');
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== null) return problem;
  }
  return asRead(names[0] as string) === RESERVED_FOLDER ? `${RESERVED_FOLDER} is reserved for the manifest` : null;
}

function nameProblem(name: string): string | null {
  if (name === '') return 'it has an empty part (a slash at the end, or two in a row)';
  if (name === '.' || name === '..') return `it has a part ${name}`;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `a part of it has more than ${MAX_NAME_BYTES} bytes`;
  if (/[. ]$/.test(name)) return 'a part of it ends with a dot or a space, which some systems drop';
  const read = asRead(name);
  if (/[/\\]/.test(read) || SLASH_ALIKE.test(name)) return 'it has a character that some systems read as a separator';
  if (/^\.+$/.test(read)) return 'it has a part that some systems read as dots only';
  if (DEVICE.test(read)) return 'a part of it names a device';
  return null;
}

/** How a system reads a name that folds compatible characters and case, and passes over what is not shown, as HFS+ does. */
function asRead(name: string): string {
  return name.replace(/\p{Default_Ignorable_Code_Point}/gu, '').normalize('NFKC').toLowerCase();
}

/**
 * What keeps files of these paths from being in one folder, in one sentence: the same path twice, or a path that is a file
 * and a folder at once; null when nothing does.
 */
export function pathConflict(paths: Iterable<string>): string | null {
  const files = new Set<string>();
  const folders = new Set<string>();
  for (const path of paths) {
    if (files.has(path)) return `${path} is there twice.`;
    files.add(path);
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  for (const folder of folders) if (files.has(folder)) return `${folder} is a file and a folder at once.`;
  return null;
}
