import { sbomLimits } from '../model.ts';
import { positionOf } from '../lockfile/text.ts';

/** Steps from the top of a JSON document: keys and list indices. */
export type Steps = readonly (string | number)[];

/** `components[3].licenses[0].license`, as messages name a place. */
export function writeSteps(steps: Steps): string {
  return steps.map((step, n) => (typeof step === 'number' ? `[${step}]` : /^[\w$-]+$/.test(step) ? `${n === 0 ? '' : '.'}${step}` : `[${JSON.stringify(step)}]`)).join('');
}

/** Steps of a JSON pointer such as `/components/3/name`; a part of digits is meant as an index. */
export function readPointer(pointer: string): Steps {
  return pointer.split('/').slice(1).map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
}

/**
 * Where the value at `steps` begins, or the nearest one around it that is there. `text` must be JSON that has been parsed
 * before: this only follows its marks.
 */
export function placeOf(text: string, steps: Steps): { line: number; column: number } {
  const here: (string | number)[] = [];
  let best = { depth: -1, offset: 0 };
  for (let at = 0, wantKey = false; at < text.length; at += 1) {
    const char = text[at] as string;
    if (' \t\n\r:'.includes(char)) continue;
    if (char === '}' || char === ']') {
      here.pop();
      wantKey = false;
    } else if (char === ',') {
      const last = here.at(-1);
      if (typeof last === 'number') here[here.length - 1] = last + 1;
      else wantKey = true;
    } else if (wantKey) {
      const end = endOfString(text, at);
      here[here.length - 1] = JSON.parse(text.slice(at, end + 1)) as string;
      at = end;
      wantKey = false;
    } else {
      if (here.length > best.depth && here.length <= steps.length && here.every((step, n) => String(step) === String(steps[n]))) {
        best = { depth: here.length, offset: at };
        if (here.length === steps.length) break;
      }
      if (char === '{' || char === '[') {
        if (here.length > sbomLimits.depth) break;
        here.push(char === '[' ? 0 : '');
        wantKey = char === '{' && !/^\s*\}/.test(text.slice(at + 1, at + 200));
      } else if (char === '"') {
        at = endOfString(text, at);
      } else {
        while (at + 1 < text.length && !',]} \t\n\r'.includes(text[at + 1] as string)) at += 1;
      }
    }
  }
  return positionOf(text, best.offset);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
