import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import {
  DiagLogLevel,
  defaultTextMapGetter,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { logError } from '../../log.ts'

const stopMsMax = 1500

/** The span of one request. */
export type RequestSpan = {
  /** `traceparent` and `tracestate`, for whom the request is passed on to. */
  readonly headers: [string, string][]
  /** @param end.name of what was asked for; the attributes say more */
  end(end: {
    readonly status: number
    readonly name?: string
    readonly attributes?: Readonly<Record<string, string | number>>
  }): void
}

/** Makes a span of each request, and sends them by OTLP. */
export class Tracing {
  readonly #tracer: Tracer
  readonly #shutdown: () => Promise<void>
  readonly #propagator = new W3CTraceContextPropagator()

  constructor(tracer: Tracer, shutdown: () => Promise<void>) {
    this.#tracer = tracer
    this.#shutdown = shutdown
  }

  /** A request has come; its span goes on from the one that `traceparent` names. */
  begin(method: string, path: string, headers: IncomingHttpHeaders): RequestSpan {
    const parent = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
    const span = this.#tracer.startSpan(
      method,
      {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'url.path': path },
      },
      parent,
    )
    const passedOn: [string, string][] = []
    this.#propagator.inject(trace.setSpan(parent, span), passedOn, {
      set: (carrier, name, value) => carrier.push([name, value]),
    })
    return { headers: passedOn, end: (end) => endSpan(span, end) }
  }

  /** Send what is not sent yet, for as long as a process that ends may wait. */
  async stop(): Promise<void> {
    const sent = this.#shutdown().catch((err: unknown) => logUnsent(String(err)))
    await Promise.race([sent, wait(stopMsMax, undefined, { ref: false })])
  }
}

function logUnsent(message: string): void {
  logError({ event: 'traces not sent', error: message })
}

function endSpan(
  span: Span,
  { status, name, attributes = {} }: Parameters<RequestSpan['end']>[0],
): void {
  if (name !== undefined) span.updateName(name)
  span.setAttributes({ ...attributes, 'http.response.status_code': status })
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/**
 * What sends spans to the endpoint that OpenTelemetry's own variables name, with their headers and limits.
 *
 * @param service where `OTEL_SERVICE_NAME` says nothing
 * @returns undefined: they name none
 */
export async function openTracing(
  env: Readonly<Record<string, string | undefined>>,
  service: string,
): Promise<Tracing | undefined> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true' || env.OTEL_TRACES_EXPORTER === 'none') {
    return undefined
  }
  // Loaded where they are wanted: without them the process starts sooner.
  const [
    { BatchSpanProcessor, TracerProvider },
    { OTLPTraceExporter },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const silent = () => {}
  diag.setLogger(
    { error: logUnsent, warn: silent, info: silent, debug: silent, verbose: silent },
    DiagLogLevel.ERROR,
  )
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME || service }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  return new Tracing(provider.getTracer('gatehouse'), () => provider.shutdown())
}
