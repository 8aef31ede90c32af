import type { Payload } from './transport/transport.ts';

/** The GraphQL answer in a response; empty when there is none in it. */
export async function readAnswer(response: Response): Promise<Payload> {
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? (answer as Payload) : {};
  } catch {
    return {};
  }
}

/** Milliseconds that the header `Retry-After` asks for; 0 without one. */
export function retryAfterOf({ headers }: Response, now: number): number {
  const text = headers.get('retry-after') ?? '';
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return milliseconds > 0 ? milliseconds : 0;
}
