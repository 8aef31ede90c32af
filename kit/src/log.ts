import { multistream, pino, type Level, type Logger, type StreamEntry } from 'pino';
import { descriptorSink, fileSink } from './log-sink.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  /** The least level that is written. */
  readonly level: LogLevel;
  /** File that gets everything; its folder is made when missing, and a large one begun anew. Without it everything goes to stderr. */
  readonly file?: string;
  /** With a file: the least level that stderr gets too. */
  readonly stderr?: Exclude<LogLevel, 'silent'>;
}

/** Where secrets pass through: their values never reach a log. */
const SECRETS = ['authorization', 'token', 'headers.authorization', 'headers.cookie', 'headers["x-hubgraph-service"]', 'req.headers.authorization', 'req.headers.cookie', 'req.headers["x-hubgraph-service"]'];

/** A JSON log with ISO times. Lines are written at once, so that none is lost in a crash. */
export function createLog({ level, file, stderr }: LogOptions): Logger {
  const streams: StreamEntry[] = [];
  if (file) streams.push({ level: 'trace', stream: fileSink(file) });
  if (!file || stderr) streams.push({ level: (file ? stderr : 'trace') as Level, stream: descriptorSink(2) });
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: SECRETS, censor: '[secret]' } };
  return pino(options, multistream(streams));
}

/** A log that keeps nothing, for tests and for the schema pipeline. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}
