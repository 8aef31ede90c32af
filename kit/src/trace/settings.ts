import { defineConfig, kinds, type ConfigOf } from '../config.ts';

/** OpenTelemetry's own settings, as far as they are heeded; without an endpoint nothing is traced and nothing loaded. */
export const traceSettings = defineConfig({
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: kinds.url('http:', 'https:'), about: 'OTLP collector for traces, such as http://127.0.0.1:4318; `/v1/traces` is added. Without it or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT nothing is traced.' },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { schema: kinds.url('http:', 'https:'), about: 'The same as a whole address; comes first.' },
  OTEL_EXPORTER_OTLP_PROTOCOL: { schema: kinds.oneOf(['http/protobuf', 'http/json']), default: 'http/protobuf', about: 'How traces are sent.' },
  OTEL_EXPORTER_OTLP_HEADERS: { schema: kinds.list(), secret: true, about: 'Headers for the collector: name=value, divided by commas.' },
  OTEL_SDK_DISABLED: { schema: kinds.oneOf(['true', 'false']), default: 'false', about: '`true`: nothing is traced, whatever else is set.' },
  OTEL_SERVICE_NAME: { schema: kinds.text(), about: 'Name of the service in traces; `hubgraph`, and `hubgraph-<hub>` for a hub in a process of its own, when not set.' },
  OTEL_RESOURCE_ATTRIBUTES: { schema: kinds.list(), about: 'What every span says of where it comes from: name=value, divided by commas.' },
  OTEL_TRACES_SAMPLER: {
    schema: kinds.oneOf(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio']), default: 'parentbased_always_on',
    about: 'Which traces are recorded; the parent-based ones do as the caller\'s `traceparent` says.',
  },
  OTEL_TRACES_SAMPLER_ARG: { schema: kinds.text(), about: 'Share of traces between 0 and 1 for the samplers by ratio; 1 when not set.' },
  OTEL_BSP_SCHEDULE_DELAY: { schema: kinds.integer(10, 600_000), default: '5000', about: 'Milliseconds between two deliveries of spans to the collector.' },
});

/** The values of {@link traceSettings}. */
export type TraceSettings = ConfigOf<typeof traceSettings>;
