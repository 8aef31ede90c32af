/** Ids and digests that are random by nature and open by intention, each with who defines it. */
const KNOWN: readonly RegExp[] = [
  // UUID (RFC 9562)
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  // digests in hexadecimal: MD5, SHA-1 (git), SHA-224, SHA-256 (BLAKE3, OCI), SHA-384, SHA-512
  /(?<![A-Za-z0-9])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})(?![A-Za-z0-9])/g,
  /(?<![A-Za-z0-9])(?:[0-9A-F]{32}|[0-9A-F]{40}|[0-9A-F]{64})(?![A-Za-z0-9])/g,
  // subresource integrity (W3C), as lockfiles have it
  /(?<![A-Za-z0-9])(?:sha256-[A-Za-z0-9+/]{43}=|sha384-[A-Za-z0-9+/]{64}|sha512-[A-Za-z0-9+/]{86}==)/g,
  // fingerprints of SSH keys
  /(?<![A-Za-z0-9])SHA256:[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])/g,
  // go.sum
  /(?<![A-Za-z0-9])h1:[A-Za-z0-9+/]{43}=/g,
  // content identifiers (IPFS)
  /(?<![A-Za-z0-9])(?:baf[a-z2-7]{56}|Qm[1-9A-HJ-NP-Za-km-z]{44})(?![A-Za-z0-9])/g,
  // tails that clouds give to names (CloudFormation)
  /(?<=[A-Za-z]{3}-)[0-9A-Z]{12,13}(?![\w-])/g,
  // store paths of Nix
  /\/nix\/store\/[0-9a-df-np-sv-z]{32}-/g,
];

/** Letters of base64 and base64url. */
const RUN = /[A-Za-z0-9+/_-]{28,}/g;
/** A run of letters and digits with nothing between them. */
const SOLID = /[A-Za-z0-9]{28,}/g;
/** What a reader would take for one piece: a word, a capital word, an abbreviation, a number. */
const PIECE = /[A-Z]?[a-z]+|[A-Z]+|\d+/g;

/**
 * Whether a text holds a run of 28 or more letters, digits and base64's signs that nobody would write: keys are made of
 * pieces of one or two letters, names of words. Known random ids do not count.
 */
export function isRandom(text: string): boolean {
  if (text.length < 28) return false;
  let rest = text.replaceAll(/%(?:3A|40|2F|2B)/gi, (sign) => decodeURIComponent(sign));
  for (const known of KNOWN) rest = rest.replaceAll(known, ' ');
  return (rest.match(RUN) ?? []).some(isMixed) || (rest.match(SOLID) ?? []).some(isUnbroken);
}

/** Upper and lower case and digits change all the time: base64, base62. */
function isMixed(run: string): boolean {
  const letters = run.replaceAll(/[^A-Za-z0-9]/g, '');
  const capitals = letters.replaceAll(/[^A-Z]/g, '').length;
  const small = letters.replaceAll(/[^a-z]/g, '').length;
  if (capitals < letters.length * 0.05 || small < letters.length * 0.05) return false;
  return new Set(letters).size >= 12 && averagePiece(letters) < 3.6;
}

/** One case and digits without a break, and of no digest's length: hexadecimal, base32, base36. */
function isUnbroken(run: string): boolean {
  const digits = run.replaceAll(/\D/g, '').length;
  if (digits === run.length || run.length < 32) return false;
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(run)) return true;
  return digits >= 3 && new Set(run).size >= 10 && averagePiece(run) < 4.2;
}

function averagePiece(letters: string): number {
  return letters.length / (letters.match(PIECE)?.length ?? 1);
}
