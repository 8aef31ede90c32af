/** One block of a `text/event-stream`. */
export interface Block {
  readonly event: string;
  readonly data: string;
  /** Only when the block has one. */
  readonly id?: string;
  /** The last comment of the block. */
  readonly comment?: string;
  /** Milliseconds after which to come back. */
  readonly retry?: number;
}

/**
 * Reads blocks as the HTML standard has it. `alive` is called for every chunk, whatever is in it: comments
 * are signs of life.
 */
export async function* readBlocks(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<Block, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      rest += decoder.decode(value, { stream: true });
      // a CR at the end may be half of a CRLF
      const lines = rest.endsWith('\r') ? [] : rest.split(/\r\n\r\n|\n\n|\r\r/);
      if (lines.length === 0) continue;
      rest = lines.pop() as string;
      for (const text of lines) {
        const block = blockOf(text);
        if (block) yield block;
      }
    }
  } finally {
    // nothing more is wanted, whoever ended it
    await reader.cancel().catch(() => undefined);
  }
}

function blockOf(text: string): Block | undefined {
  let event = 'message';
  let id: string | undefined;
  let comment: string | undefined;
  let retry: number | undefined;
  const data: string[] = [];
  let isEmpty = true;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line !== '') isEmpty = false;
    if (name === '') comment = value;
    else if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retry = Number(value);
    else if (name === 'id' && !value.includes('\0')) id = value;
  }
  return isEmpty ? undefined : { event, data: data.join('\n'), ...(id !== undefined && { id }), ...(comment !== undefined && { comment }), ...(retry !== undefined && { retry }) };
}
