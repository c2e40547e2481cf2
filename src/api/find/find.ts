import { findMeant } from '../../find/find.ts'
import { anyone } from '../../http/guards/guard.ts'
import * as endpoints from '../endpoints/find.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

export const findRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.find, anyone, async (ctx, { query }) => {
    const found = await findMeant(ctx, query.q)
    const asText = ({ version, ...rest }: { model: string; version: number }) => ({
      ...rest,
      version: String(version),
    })
    return {
      models: found.models,
      prompts: found.prompts.map(({ name, version }) => ({
        name,
        ...(version !== undefined && { version: String(version) }),
      })),
      versions: found.versions.map(asText),
      promotions: found.requests.map(({ id, version, ...rest }) => ({
        ...rest,
        id: String(id),
        version: String(version),
      })),
      experiments: found.experiments.map(({ id, name }) => ({ id: String(id), name })),
      runs: found.runs.map(({ runId, name }) => ({ run_id: runId, name })),
      datasets: found.datasets,
      logged_models: found.loggedModels.map(({ modelId, name }) => ({ model_id: modelId, name })),
      traces: found.traces.map(({ traceId, name }) => ({ trace_id: traceId, name })),
      deployments: found.deployments,
    }
  }),
]
