import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { UsageError } from '@hubgraph/kit/errors';

/** Asks a person. Ends of input count as giving up. */
export interface Questions {
  /** An empty answer is `preset`; without a preset it is asked again. */
  text(question: string, preset?: string): Promise<string>;
  /** One of the words, or the number that stands before it. */
  choice(question: string, words: readonly string[]): Promise<string>;
  /** Yes when only Enter is pressed. */
  yes(question: string): Promise<boolean>;
  close(): void;
}

/** Asks on a terminal. @throws UsageError (2) from every question when the input ends. */
export function openQuestions(input: Readable, output: Writable): Questions {
  const lines = createInterface({ input, output });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  const ask = async (question: string): Promise<string> => {
    try {
      return (await lines.question(`${question} `, { signal: ended.signal })).trim();
    } catch (error) {
      if (ended.signal.aborted) throw new UsageError('Nothing was done: the questions were not answered.', 2, { cause: error });
      throw error;
    }
  };
  const text = async (question: string, preset?: string): Promise<string> => {
    const answer = await ask(preset ? `${question} [${preset}]:` : `${question}:`);
    return answer !== '' ? answer : preset ?? text(question, preset);
  };
  return {
    text,
    async choice(question, words) {
      output.write(`${question}:\n${words.map((word, index) => `  ${index + 1}  ${word}`).join('\n')}\n`);
      for (;;) {
        const answer = await ask('Number or name:');
        const chosen = words.find((word, index) => answer === word || answer === String(index + 1));
        if (chosen !== undefined) return chosen;
        output.write(`There is no ${answer || 'such'} one.\n`);
      }
    },
    async yes(question) {
      const answer = await ask(`${question} [Y/n]`);
      return answer === '' || /^y(es)?$/i.test(answer);
    },
    close: () => lines.close(),
  };
}
