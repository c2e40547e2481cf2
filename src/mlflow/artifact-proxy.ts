import { deleteFiles, putFile } from '../artifacts/files.ts'
import { assertWritable, cleanFilePath, cleanPath, placeInWorkspace } from '../artifacts/path.ts'
import { absent, excerpt, invalid, RegistryError } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { AppContext } from '../http/app-env.ts'
import { declaredLength, requestBytes } from '../http/body.ts'
import { sendLocated } from '../http/files/send-artifact.ts'
import { pathAfter, rawPath } from '../http/guards/target.ts'
import type { Context } from '../platform/context.ts'
import type { Stored } from '../platform/ports.ts'
import { listLocated, locatePath } from '../registry/files/artifact-place.ts'
import { putKnownBytes } from '../registry/files/known-bytes.ts'
import { requirePath } from '../registry/permissions.ts'
import { findFiledTrace } from '../traces/ingest/trace-file.ts'
import { requireToDelete } from '../tracking/permissions.ts'
import { entriesToWire, ListFields, listQuery } from './artifact-wire.ts'
import { readUploadSum } from './checksum.ts'
import { type Operation, operation, rawOperation, reading } from './operation.ts'
import { sendUploadedTrace, takeUploadedTrace } from './traces/trace-files.ts'
import { message } from './wire/message.ts'

const root = '/mlflow-artifacts/artifacts'

/** The `mlflow-artifacts` proxy: files by path, for clients that have no store of their own. */
export const artifactProxyOperations: readonly Operation[] = [
  operation('listProxyArtifacts', {
    request: reading(
      message({ path: { type: 'artifact_path' }, ...ListFields }),
      async (ctx, req) => ({ ...req, path: placeInWorkspace(ctx, req.path ?? '') }),
    ),
    rule: (ctx, req) => requirePath(ctx, req.path, 'READ'),
    answer: async (ctx, req) => {
      const located = await locatePath(ctx, req.path)
      if (!located) return {}
      const { items, nextPageToken } = await listLocated(ctx, located, listQuery(req))
      return { files: entriesToWire(items), next_page_token: nextPageToken }
    },
  }),

  rawOperation('downloadArtifact', {
    read: (c) => placeInWorkspace(c.var.ctx, cleanPath(pathAfter(c, `${root}/`))),
    rule: (ctx, path) => requirePath(ctx, path, 'READ'),
    handle: async (c, path) => {
      const spans = await sendUploadedTrace(c, path)
      if (spans) return spans
      const located = await locatePath(c.var.ctx, path)
      if (!located) throw absent(messages.noArtifact(path))
      return sendLocated(c, located)
    },
  }),

  rawOperation('uploadArtifact', {
    read: (c) => placeInWorkspace(c.var.ctx, cleanFilePath(filePathOf(c))),
    rule: (ctx, path) => requirePath(ctx, path, 'EDIT'),
    handle: async (c, path) => {
      assertWritable(path)
      const { ctx } = c.var
      const sum = readUploadSum(c)
      if (sum) await refuseSumOfTrace(ctx, path)
      if (sum?.isBodiless) {
        return c.body(null, 201, sumHeaders(await putKnownBytes(ctx, path, sum.sha256)))
      }
      if (await takeUploadedTrace(c, path)) return c.body(null, 200)
      const file = { body: requestBytes(c), sizeBytes: declaredLength(c), sha256: sum?.sha256 }
      return c.body(null, 200, sumHeaders(await putFile(ctx, path, file)))
    },
  }),

  rawOperation('deleteArtifact', {
    read: (c) => placeInWorkspace(c.var.ctx, cleanPath(filePathOf(c))),
    rule: requireToDelete,
    handle: async (c, path) => {
      if (path === placeInWorkspace(c.var.ctx, '')) throw absent(messages.noArtifact('/'))
      await deleteFiles(c.var.ctx, path)
      return c.json({})
    },
  }),
]

function sumHeaders({ sha256 }: Stored) {
  return { ETag: `"${sha256}"`, 'X-Checksum-Sha256': sha256 }
}

/** Spans of a trace are read as they come in, and redacted: no sum stands for what is kept of them. */
async function refuseSumOfTrace(ctx: Context, path: string): Promise<void> {
  if (!(await findFiledTrace(ctx, path))) return
  throw invalid(`'${excerpt(path)}' holds spans of a trace: send it without a sum`)
}

/**
 * The path of a file to be changed, as it was sent.
 *
 * @throws METHOD_NOT_ALLOWED the collection itself is named
 * @throws INVALID_PARAMETER_VALUE there is a query: the file's name has a `?` that was not encoded,
 *   so the rest of the path is the name of another file
 */
function filePathOf(c: AppContext): string {
  if (rawPath(c).endsWith(root)) {
    throw new RegistryError('METHOD_NOT_ALLOWED', `${c.req.method} needs a path below ${root}/`)
  }
  if (/\?./s.test(c.var.rawTarget ?? c.req.url)) {
    throw invalid("This request takes no query; encode a '?' in a file's name as %3F")
  }
  return pathAfter(c, `${root}/`)
}
