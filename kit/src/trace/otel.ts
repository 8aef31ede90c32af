import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Link, type Span as OtelSpan, type SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, AlwaysOnSampler, BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, type Sampler } from '@opentelemetry/sdk-trace-base';
import { UsageError } from '../errors.ts';
import type { TraceSettings } from './settings.ts';
import type { Attributes, Span, Tracer } from './trace.ts';

/** A tracer that sends what it records. */
export interface Exporting {
  readonly tracer: Tracer;
  /** Sends the rest and ends; never rejects. */
  stop(): Promise<void>;
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;

/**
 * Makes a tracer over OpenTelemetry's SDK. This file alone loads it, and is loaded only where a collector is set.
 *
 * @throws UsageError for a sampler's argument that is no share
 */
export function openExporting(settings: TraceSettings, url: string, service: string): Exporting {
  const headers = Object.fromEntries(pairs(settings.OTEL_EXPORTER_OTLP_HEADERS));
  const exporter = settings.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? new JsonExporter({ url, headers }) : new ProtobufExporter({ url, headers });
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ ...Object.fromEntries(pairs(settings.OTEL_RESOURCE_ATTRIBUTES)), 'service.name': settings.OTEL_SERVICE_NAME ?? service })),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: settings.OTEL_BSP_SCHEDULE_DELAY })],
  });
  const tracer = provider.getTracer('hubgraph');
  return {
    tracer: {
      begin({ name, kind = 'internal', links = [], attributes }, parent) {
        const context = parent === undefined ? ROOT_CONTEXT : contextOf(parent);
        return spanOf(tracer.startSpan(name, { kind: KINDS[kind], links: links.flatMap(linkOf), attributes }, context));
      },
    },
    stop: () => provider.shutdown().catch(() => undefined),
  };
}

function spanOf(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, '0')}`,
    set: (attributes: Attributes) => void span.setAttributes(attributes),
    fail: (reason) => void span.setAttribute('error.type', reason).setStatus({ code: SpanStatusCode.ERROR }),
    end: () => span.end(),
  };
}

function contextOf(traceparent: string): Context {
  const known = spanContextOf(traceparent);
  return known ? trace.setSpanContext(ROOT_CONTEXT, known) : ROOT_CONTEXT;
}

function linkOf(traceparent: string | undefined): Link[] {
  const context = spanContextOf(traceparent);
  return context ? [{ context }] : [];
}

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  return traceId && spanId && flags ? { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true } : undefined;
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument = '1' }: TraceSettings): Sampler {
  const base = name.replace(/^parentbased_/, '');
  const ratio = Number(argument);
  if (base === 'traceidratio' && !(ratio >= 0 && ratio <= 1)) throw new UsageError(`Wrong setting: OTEL_TRACES_SAMPLER_ARG=${argument}: must be between 0 and 1.`);
  const sampler = base === 'always_on' ? new AlwaysOnSampler() : base === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
  return base === name ? sampler : new ParentBasedSampler({ root: sampler });
}

function pairs(list: readonly string[] = []): [string, string][] {
  return list.flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    return at > 0 ? [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]] : [];
  });
}

/** As W3C Baggage writes values; what is not written so stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

