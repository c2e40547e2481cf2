import { putFile } from '../../artifacts/files.ts'
import { streamBytes } from '../../core/bytes.ts'
import { invalid } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import type { AppContext } from '../../http/app-env.ts'
import { declaredLength, readBytes } from '../../http/body.ts'
import { sendLocated } from '../../http/files/send-artifact.ts'
import { optionalQuery, requiredQuery } from '../../http/guards/target.ts'
import { below } from '../../registry/files/artifact-place.ts'
import {
  findFiledTrace,
  readTraceFile,
  refuseUnread,
  takeTraceFile,
} from '../../traces/ingest/trace-file.ts'
import { requireTrace } from '../../traces/permissions.ts'
import { findSpanPlace, getTraceInfo } from '../../traces/reading/read-infos.ts'
import { artifactsTag } from '../../traces/texts.ts'
import { type Operation, rawOperation } from '../operation.ts'

/**
 * Take the upload of a trace's `traces.json`, whose spans belong to the others.
 *
 * @returns false: it is no such file, or a very large one
 */
export async function takeUploadedTrace(c: AppContext, path: string): Promise<boolean> {
  const { ctx } = c.var
  const trace = await findFiledTrace(ctx, path)
  if (!trace) return false
  if ((declaredLength(c) ?? 0) > ctx.settings.jsonBytesMax) {
    await refuseUnread(ctx, trace)
    return false
  }
  const bytes = await readBytes(c, ctx.settings.jsonBytesMax)
  if (await takeTraceFile(ctx, trace, new TextDecoder().decode(bytes))) return true
  await putFile(ctx, path, { body: streamBytes(bytes), sizeBytes: bytes.byteLength })
  return true
}

/** The `traces.json` at a path, of spans that the server has; undefined: it is a file, or not there. */
export async function sendUploadedTrace(
  c: AppContext,
  path: string,
): Promise<Response | undefined> {
  const trace = await findFiledTrace(c.var.ctx, path)
  const text = trace && (await readTraceFile(c.var.ctx, trace))
  return text === undefined ? undefined : sendTraceText(c, text)
}

function sendTraceText(c: AppContext, text: string): Response {
  return c.body(text, 200, {
    'content-type': 'text/plain',
    'content-disposition': 'attachment; filename=traces.json',
    'x-content-type-options': 'nosniff',
  })
}

const uuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

export const traceFileOperations: readonly Operation[] = [
  rawOperation('serveGetTraceArtifact', {
    read: (c) => ({ traceId: requiredQuery(c, 'request_id'), path: optionalQuery(c, 'path') }),
    rule: (ctx, { traceId }) => requireTrace(ctx, traceId, 'READ'),
    handle: async (c, { traceId, path }) => {
      const { ctx } = c.var
      const { tags } = await getTraceInfo(ctx, traceId)
      const folder = tags[artifactsTag] ?? ''
      if (path !== undefined) {
        if (!uuid.test(path)) throw invalid(`${messages.wrongAttachment(path)}: it is no UUID`)
        return sendLocated(c, below(ctx, folder, `attachments/${path}`))
      }
      const place = await findSpanPlace(ctx, traceId)
      const text = place && (await readTraceFile(ctx, place))
      if (text !== undefined) return sendTraceText(c, text)
      return sendLocated(c, below(ctx, folder, 'traces.json'))
    },
  }),
]
