import { requireExperiment } from '../../access/permissions/require.ts'
import { invalid, RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { AppContext } from '../../http/app-env.ts'
import { readBytes } from '../../http/body.ts'
import type { SpanGroup } from '../../traces/ingest/gather-traces.ts'
import { logSpans } from '../../traces/ingest/log-spans.ts'
import { unpackBody } from '../../traces/spans/payload.ts'
import { parseExperimentId } from '../../tracking/experiments/experiment.ts'
import { type Operation, rawOperation } from '../operation.ts'
import { makeSpans, notOtlp, type OtlpGroup, resourceTexts } from './otlp.ts'
import { readOtlpJson } from './otlp-json.ts'
import { readProtobuf } from './otlp-protobuf.ts'

/** OTLP over HTTP: spans of any sender, below the experiment that a header names. */
export const exportOperations: readonly Operation[] = [
  rawOperation('exportTraces', {
    read: (c) => experimentOf(c),
    rule: (ctx, experimentId) => requireExperiment(ctx, experimentId, 'EDIT'),
    handle: async (c, experimentId) => {
      const groups: SpanGroup[] = []
      for (const { resource, spans } of await readGroups(c)) {
        groups.push({ resource: resourceTexts(resource), spans: await makeSpans(spans) })
      }
      await logSpans(c.var.ctx, {
        experimentId,
        groups,
        runId: c.req.header('x-mlflow-run-id'),
      })
      // The empty `ExportTraceServiceResponse`, which has no bytes.
      return c.body(null, 200, { 'content-type': 'application/x-protobuf' })
    },
  }),
]

const experimentHeader = 'x-mlflow-experiment-id'

function experimentOf(c: AppContext): number {
  const id = c.req.header(experimentHeader)
  if (id) return parseExperimentId(id)
  throw new RegistryError(
    'UNPROCESSABLE_ENTITY',
    `The header ${experimentHeader} is missing; it says which experiment the spans belong to`,
  )
}

async function readGroups(c: AppContext): Promise<readonly OtlpGroup[]> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  const isJson = type === 'application/json'
  if (!isJson && type !== 'application/x-protobuf') {
    throw invalid(
      `${messages.wrongContentType(type || 'None')}. Expected: application/x-protobuf or application/json`,
    )
  }
  const bytes = await readUnpacked(c)
  const groups = isJson ? readOtlpJson(textOf(bytes)) : await readProtobuf(bytes)
  if (groups.length === 0) throw notOtlp('no spans found')
  return groups
}

async function readUnpacked(c: AppContext): Promise<Uint8Array> {
  const { jsonBytesMax } = c.var.ctx.settings
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() || 'identity'
  const isPacked = encoding === 'gzip' || encoding === 'deflate'
  if (!isPacked && encoding !== 'identity') {
    throw invalid(`${messages.wrongContentEncoding(encoding)}; send gzip, deflate or none`)
  }
  const bytes = await readBytes(c, jsonBytesMax)
  return isPacked ? unpackBody(new Uint8Array(bytes), encoding, jsonBytesMax) : bytes
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch (err) {
    throw notOtlp('the body is not UTF-8', err)
  }
}
