import type { Clock } from './clock.ts';

/** A token, and what is known of its end. */
export interface Token {
  readonly text: string;
  /** Milliseconds since the epoch at which a new one should take its place; undefined for a token that does not tell its end. */
  readonly renewAt?: number;
}

/** Holds the token that the application gives, and asks for another in time. */
export interface Tokens {
  /**
   * The present token, asked for anew when there is none or its end is near; undefined when the client has no source of
   * tokens. Those who ask at once share one question. Rejects with what the application's function rejects with.
   */
  current(): Promise<Token | undefined>;
  /** The gateway did not take `token`: it is not used again. */
  refused(token: Token | undefined): void;
}

/** What the application gives: an access token as it is, without `Bearer`. */
export type TokenSource = () => string | Promise<string>;

/** Milliseconds before its end at which a token is renewed, unless its whole life is short. */
const LEAD = 60_000;

/** Makes one that has asked for nothing yet. */
export function createTokens(source: TokenSource | undefined, clock: Clock): Tokens {
  let token: Token | undefined;
  let asking: Promise<Token> | undefined;

  const ask = async (give: TokenSource): Promise<Token> => {
    try {
      const text = await give();
      if (typeof text !== 'string' || text === '') throw new TypeError('The function `token` of the client gave no token.');
      return (token = { text, renewAt: renewalOf(text, clock.now()) });
    } finally {
      asking = undefined;
    }
  };

  return {
    async current() {
      if (!source) return undefined;
      // one that does not tell its end may be any old, so the application is asked each time
      if (token?.renewAt !== undefined && clock.now() < token.renewAt) return token;
      return (asking ??= ask(source));
    },
    refused(bad) {
      if (bad === token) token = undefined;
    },
  };
}

/** A minute before the end, or after four fifths of what is left of it. */
function renewalOf(text: string, now: number): number | undefined {
  const end = endOf(text);
  return end === undefined ? undefined : Math.max(end - LEAD, now + (end - now) * 0.8);
}

/** `exp` of a JWT in milliseconds. It is only read to come in time; whether the token is good is for the gateway to say. */
function endOf(text: string): number | undefined {
  try {
    const [, claims = ''] = text.split('.');
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
