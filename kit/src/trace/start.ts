import { readConfig } from '../config.ts';
import { traceSettings } from './settings.ts';
import { isTracing, setTracer } from './trace.ts';

/** The tracing of a process. */
export interface Tracing {
  /** Sends what is recorded and turns it off. Safe to call twice. */
  stop(): Promise<void>;
}

const OFF: Tracing = { stop: async () => undefined };

/**
 * Begins to trace this process as `env` says, under the name `service`. Where no collector is set, or somebody traces
 * already, nothing happens and nothing is loaded.
 *
 * @throws UsageError for wrong settings
 */
export async function startTracing(env: Readonly<Record<string, string | undefined>>, service: string): Promise<Tracing> {
  const settings = readConfig(traceSettings, env);
  const base = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = settings.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
  if (url === undefined || settings.OTEL_SDK_DISABLED === 'true' || isTracing()) return OFF;
  const { openExporting } = await import('./otel.ts');
  const exporting = openExporting(settings, url, service);
  setTracer(exporting.tracer);
  let stopped: Promise<void> | undefined;
  return {
    stop: () => (stopped ??= (async () => {
      setTracer(undefined);
      await exporting.stop();
    })()),
  };
}
