import { RegistryError } from '../core/error.ts'
import { anyone } from '../http/guards/guard.ts'
import { type Operation, operation, publicOperation } from './operation.ts'
import { message } from './wire/message.ts'

const nothing = message({})

/** `/health`, `/version` and server-info, by which clients choose what to use; and what MLflow's page asks. */
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
  // Nothing is told to anybody about what people do on the page.
  operation('serveGetUiTelemetry', {
    request: nothing,
    rule: anyone,
    answer: async () => ({
      disable_ui_telemetry: true,
      disable_ui_events: [],
      ui_rollout_percentage: 0,
    }),
  }),
  operation('servePostUiTelemetry', {
    request: nothing,
    rule: anyone,
    answer: async () => ({ status: 'success' }),
  }),
  // There is no gateway, so it has no endpoints, and nothing can be sent to one.
  operation('serveGatewayProxy', {
    request: nothing,
    rule: anyone,
    answer: async (_ctx, _req, c) => {
      if (c.req.method === 'GET') return { endpoints: [] }
      throw new RegistryError(
        'NOT_IMPLEMENTED',
        'This server has no AI gateway; send the request to the provider, or to a gateway of its own',
      )
    },
  }),
  // There is no assistant, so it has no providers.
  operation('getConfig', {
    request: nothing,
    rule: anyone,
    answer: async () => ({ providers: {}, projects: {}, remote_access_allowed: false }),
  }),
  operation('getProviders', {
    request: nothing,
    rule: anyone,
    answer: async () => ({ providers: [], resolved: null, gateway_vendor_options: {} }),
  }),
]
