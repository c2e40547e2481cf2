import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { listenAt } from '../../support/listening.ts'
import { traceServer } from '../../support/trace-server.ts'

/** As `CompressionAlgorithm` of the exporters, which they do not give out. */
type Config = NonNullable<ConstructorParameters<typeof JsonExporter>[0]>
const gzip = { compression: 'gzip' as NonNullable<Config['compression']> }

test.each([
  ['JSON', JsonExporter, {}],
  ['JSON and gzip', JsonExporter, gzip],
  ['protobuf', ProtobufExporter, {}],
  ['protobuf and gzip', ProtobufExporter, gzip],
])(
  "OpenTelemetry's own exporter for JavaScript logs whole traces in %s",
  async (...[, Exporter, more]) => {
    const s = await traceServer()
    using at = await listenAt(s.app)
    const exporter = new Exporter({
      url: `${at.url}/v1/traces`,
      headers: { 'x-mlflow-experiment-id': s.experiment },
      ...more,
    })
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop' }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    })
    const tracer = provider.getTracer('test')
    const root = tracer.startSpan('root', { attributes: { n: 5, ratio: 0.5, tags: ['a', 'b'] } })
    const child = tracer.startSpan('child', {}, trace.setSpan(context.active(), root))
    child.addEvent('retried', { attempt: 2 })
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    child.end()
    root.end()
    await provider.shutdown()
    const { json } = await s.get(`get?trace_id=tr-${root.spanContext().traceId}`)
    const { spans, trace_info } = json.trace
    expect(spans).toMatchObject([
      { name: 'root' },
      {
        name: 'child',
        parent_span_id: spans[0].span_id,
        status: { code: 'STATUS_CODE_ERROR', message: 'no' },
        events: [{ name: 'retried' }],
      },
    ])
    const values = Object.fromEntries(
      spans[0].attributes.map(({ key, value }: { key: string; value: object }) => [key, value]),
    )
    expect(values).toMatchObject({
      n: { int_value: 5 },
      ratio: { double_value: 0.5 },
      tags: { array_value: { values: [{ string_value: 'a' }, { string_value: 'b' }] } },
    })
    expect(trace_info.tags['service.name']).toBe('shop')
    expect(trace_info.state).toBe('OK')
  },
)
