/** Whether a folder is one that the patterns of a package.json mean: `packages/*`, `apps/**`, `!apps/old`. */
export function isWorkspace(folder: string, patterns: readonly string[]): boolean {
  let inside = false;
  for (const pattern of patterns) {
    const isNot = pattern.startsWith('!');
    if (matches(partsOf(folder), partsOf(isNot ? pattern.slice(1) : pattern))) inside = !isNot;
  }
  return inside;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Which prefixes of the folder the pattern can have used up, part by part: no pattern makes this slow. */
function matches(folder: readonly string[], pattern: readonly string[]): boolean {
  let ends = new Set([0]);
  for (const part of pattern) {
    const next = new Set<number>();
    for (const end of ends) {
      if (part === '**') for (let at = end; at <= folder.length; at++) next.add(at);
      else if (end < folder.length && matchesPart(folder[end]!, part)) next.add(end + 1);
    }
    ends = next;
  }
  return ends.has(folder.length);
}

/** `*` stands for any characters; other signs of globs stand for themselves. */
function matchesPart(name: string, pattern: string): boolean {
  const [first, ...rest] = pattern.split('*');
  if (rest.length === 0) return name === first;
  if (!name.startsWith(first!)) return false;
  const last = rest.pop()!;
  let at = first!.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
