import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly service: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Trace ids that it is linked with. */
  readonly links: readonly string[];
}

/** A collector of traces that listens to OTLP over HTTP in JSON. */
export interface Collector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** All that it was sent, as it came. */
  readonly text: string;
  /** Resolves with the spans of a trace once `complete` of them is true. */
  traced(traceId: string, complete: (spans: readonly CollectedSpan[]) => boolean): Promise<readonly CollectedSpan[]>;
}

interface OtlpValue { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean; readonly doubleValue?: number }
interface OtlpAttribute { readonly key: string; readonly value: OtlpValue }
interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly { readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly name: string; readonly attributes: readonly OtlpAttribute[]; readonly links?: readonly { readonly traceId: string }[] }[] }[];
  }[];
}

const DEADLINE_MS = 15_000;

/** Starts one on a free port of the loopback. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const waiting = new Set<() => void>();
  let text = '';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    text += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpBody).resourceSpans) {
      const service = String(factsOf(resource.attributes)['service.name']);
      for (const { traceId, spanId, parentSpanId = '', name, attributes, links = [] } of scopeSpans.flatMap((scope) => scope.spans)) {
        spans.push({ traceId, spanId, parentSpanId, name, service, attributes: factsOf(attributes), links: links.map((link) => link.traceId) });
      }
    }
    for (const look of [...waiting]) look();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get text() { return text; },
    traced(traceId, complete) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const found = spans.filter((span) => span.traceId === traceId);
          if (!complete(found)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const found = spans.filter((span) => span.traceId === traceId).map(({ service, name }) => `${service}: ${name}`);
          reject(new Error(`trace ${traceId} did not become complete; it has\n${found.join('\n')}`));
        }, DEADLINE_MS);
        waiting.add(look);
        look();
      });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function factsOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue ?? value.doubleValue]));
}
