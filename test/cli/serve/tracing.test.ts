import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { servingWorld } from '../../support/serving/serving-world.ts'

type Attribute = { key: string; value: { stringValue?: string; intValue?: number } }
type OtlpSpan = {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  attributes: Attribute[]
  status: { code?: number }
}
type Sent = {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: OtlpSpan[] }[]
  }[]
}

/** Takes spans as a collector does. */
async function collector() {
  const spans: (OtlpSpan & { service: string | undefined })[] = []
  const server = createServer(async (req, res) => {
    let text = ''
    for await (const chunk of req) text += chunk
    const { resourceSpans }: Sent = JSON.parse(text)
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = attributeOf(resource.attributes, 'service.name')
      spans.push(
        ...scopeSpans.flatMap((scope) =>
          scope.spans.map((span) => ({ ...span, service: String(service) })),
        ),
      )
    }
    res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

function attributeOf(attributes: readonly Attribute[], wanted: string) {
  const { value } = attributes.find(({ key }) => key === wanted) ?? {}
  return value?.stringValue ?? value?.intValue
}

test('the server and what serves send a span of each request, which go on from the caller to the scorer', async () => {
  const { spans, url, close } = await collector()
  const world = await servingWorld({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  await world.addVersion()
  await world.promote('1')
  const serving = await world.serve()
  await serving.untilLive('1')
  const [traceId, callerSpan] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  const headers = { traceparent: `00-${traceId}-${callerSpan}-01` }
  const { json } = await serving.score('secret=1', { headers })
  const { status } = await serving.score('how=garbage')
  expect(status).toBe(502)
  await serving.stop()
  await world.server.stop()
  close()

  const served = spans.filter(({ service }) => service === 'gatehouse-serve')
  const [first] = served.filter((span) => span.traceId === traceId)
  expect(first).toMatchObject({ name: 'POST', parentSpanId: callerSpan })
  const attributes = first?.attributes ?? []
  expect(attributeOf(attributes, 'url.path')).toBe('/invocations')
  expect(attributeOf(attributes, 'http.response.status_code')).toBe(200)
  expect(attributeOf(attributes, 'gatehouse.model_version')).toBe(1)
  expect(json.traceparent).toBe(`00-${traceId}-${first?.spanId}-01`)
  const [failed] = served.filter(
    (span) => attributeOf(span.attributes, 'http.response.status_code') === 502,
  )
  expect(failed?.status).toEqual({ code: 2 })
  expect(failed?.parentSpanId).toBeUndefined()

  const ofServer = spans.filter(({ service }) => service === 'gatehouse').map(({ name }) => name)
  expect(ofServer).toContain('POST createRegisteredModel')
  expect(ofServer).toContain('POST transitionModelVersionStage')
  expect(JSON.stringify(spans)).not.toContain('secret')
}, 60_000)
