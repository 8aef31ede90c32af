import { AsyncLocalStorage } from 'node:async_hooks';

/** Facts of a span; undefined ones are left out. Never values of a client. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** How a span begins. */
export interface SpanStart {
  readonly name: string;
  /** Default `internal`. */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** W3C `traceparent` of what it is a part of; the span that work runs in when left out. */
  readonly parent?: string;
  /** Begins a trace of its own. */
  readonly root?: boolean;
  /** Traceparents that it belongs together with, beside its parent. */
  readonly links?: readonly (string | undefined)[];
  readonly attributes?: Attributes;
}

/** A step of a trace that is under way. */
export interface Span {
  /** What is handed on to those who continue the trace. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** Marks it as failed; `reason` is a code or the name of an error, never a message with values. */
  fail(reason: string): void;
  end(): void;
}

/** Makes spans. There is one in a process, or none. */
export interface Tracer {
  begin(start: SpanStart, parent: string | undefined): Span;
}

// One of a process, like its log: whoever does the work need not be handed a tracer for it, and off it is one comparison.
let tracer: Tracer | undefined;
const active = new AsyncLocalStorage<Span>();

/** Sets the process's tracer; undefined turns tracing off. */
export function setTracer(next: Tracer | undefined): void {
  tracer = next;
}

/** Whether anything is traced. */
export function isTracing(): boolean {
  return tracer !== undefined;
}

/** The span that the present work runs in. */
export function activeSpan(): Span | undefined {
  return tracer && active.getStore();
}

/** Begins a span, which has to be ended; undefined, at no cost, while nothing is traced. */
export function beginSpan(start: () => SpanStart): Span | undefined {
  if (!tracer) return undefined;
  const facts = start();
  return tracer.begin(facts, facts.root ? undefined : (facts.parent ?? active.getStore()?.traceparent));
}

/** Runs `work` within a span, so that the spans which it begins are below; without a span, at no cost, while nothing is traced. */
export function inSpan<Result>(start: () => SpanStart, work: (span?: Span) => Promise<Result>): Promise<Result> {
  const span = beginSpan(start);
  return span ? active.run(span, ended, span, work) : work();
}

async function ended<Result>(span: Span, work: (span: Span) => Promise<Result>): Promise<Result> {
  try {
    return await work(span);
  } catch (error) {
    span.fail(nameOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** What a trace may say of an error: its code or its class. */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error';
}
