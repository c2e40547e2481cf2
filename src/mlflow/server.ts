import type { Operation } from './operation.ts'
import { publicOperation } from './operation.ts'

/** `/health`, `/version` and server-info, by which clients choose what to use. */
export const serverOperations: readonly Operation[] = [
  publicOperation('health', async (c) => c.text('OK')),
  publicOperation('version', async (c) => c.text(c.var.ctx.settings.mlflowVersion)),
  publicOperation('getServerInfo', async (c) =>
    c.json({
      store_type: 'SqlStore',
      workspaces_enabled: c.var.ctx.settings.workspaces,
      trace_archival_enabled: false,
      multipart_uploads_enabled: true,
      // If true, clients fetch every file through a presigned URL; a plain GET streams as well.
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: false,
      presigned_upload_model_id_supported: false,
      features_enabled: { gateway: false },
    }),
  ),
]
