import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { errorsOf } from '../begin.ts';
import type { Operation } from '../operation.ts';

/** Where one operation's answers go that are no events. */
export interface Answers {
  result(result: ExecutionResult): Promise<void>;
  failure(errors: readonly GraphQLError[]): Promise<void>;
}

/** Runs an operation to its end, however it ends. Never rejects. */
export async function runOperation(operation: Operation, answers: Answers, log: Logger, requestId?: string): Promise<void> {
  try {
    for await (const result of operation) await answers.result(result);
  } catch (error) {
    await answers.failure(errorsOf(error, log, requestId));
  }
}
