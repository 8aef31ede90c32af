import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readBlocks, type Block } from './event-stream.ts';

/** What is read from these bytes, however they are cut. */
async function read(text: string, cuts: readonly number[] = []): Promise<Block[]> {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b).concat(bytes.length);
  let begin = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const end of ends) {
        controller.enqueue(bytes.slice(begin, end));
        begin = end;
      }
      controller.close();
    },
  });
  const blocks: Block[] = [];
  for await (const block of readBlocks(body, () => undefined)) blocks.push(block);
  return blocks;
}

it('reads names, data, ids, comments and retry', async () => {
  expect(await read('retry: 1000\n\nevent: next\nid: c1\ndata: {"a":1}\n\n: ready\nid: c2\n\n:\n\nevent: complete\ndata:\n\nevent: next\ndata: cut off')).toEqual([
    { event: 'message', data: '', retry: 1_000 }, { event: 'next', data: '{"a":1}', id: 'c1' }, { event: 'message', data: '', id: 'c2', comment: 'ready' }, { event: 'message', data: '', comment: '' }, { event: 'complete', data: '' },
  ]);
});

it('reads the same however the bytes are cut and lines are ended', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), async (all, cuts, end) => {
    const text = all.map((data, index) => `event: next${end}id: ${index}${end}data: ${data}${end}${end}`).join('');
    expect(await read(text, cuts)).toEqual(all.map((data, index) => ({ event: 'next', data, id: String(index) })));
  }));
});
