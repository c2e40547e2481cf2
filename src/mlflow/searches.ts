import { anyone } from '../http/guards/guard.ts'
import type { RegisteredModel } from '../registry/models/read-models.ts'
import { searchRegisteredModels } from '../registry/models/search-models.ts'
import { searchModelVersions } from '../registry/versions/search-versions.ts'
import type { Page } from '../search/page.ts'
import {
  type Experiment,
  parseExperimentId,
  viewTypes,
} from '../tracking/experiments/experiment.ts'
import { experimentPageMax, searchExperiments } from '../tracking/experiments/search-experiments.ts'
import { checkDatasetExperiments, searchDatasets } from '../tracking/run-data/datasets.ts'
import { searchRuns } from '../tracking/runs/search-runs.ts'
import { experimentToWire } from './experiment-wire.ts'
import { type Operation, operation } from './operation.ts'
import { modelVersionToWire, registeredModelToWire } from './registry-wire.ts'
import { runToWire } from './run-wire.ts'
import { unlessEmpty } from './wire/json.ts'
import { message } from './wire/message.ts'

const paging = { max_results: { type: 'int64' }, page_token: { type: 'string' } } as const
const query = {
  ...paging,
  filter: { type: 'string' },
  order_by: { type: 'string', repeated: true },
} as const

/** The searches, and the two list calls that MLflow 1.x has instead. */
export const searchOperations: readonly Operation[] = [
  operation('searchRuns', {
    request: message({
      ...query,
      experiment_ids: { type: 'experiment_id', repeated: true },
      run_view_type: { type: viewTypes },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchRuns(ctx, {
        experimentIds: req.experiment_ids,
        filter: req.filter,
        orderBy: req.order_by,
        view: req.run_view_type,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return {
        runs: unlessEmpty(page.items.map(runToWire)),
        next_page_token: page.nextPageToken,
      }
    },
  }),
  operation('searchExperiments', {
    request: message({ ...query, view_type: { type: viewTypes } }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchExperiments(ctx, {
        filter: req.filter,
        orderBy: req.order_by,
        view: req.view_type,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return experimentsToWire(page, ctx.workspace)
    },
  }),
  operation('listExperiments', {
    request: message({ ...paging, view_type: { type: viewTypes } }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchExperiments(ctx, {
        orderBy: ['experiment_id'],
        view: req.view_type,
        maxResults: req.max_results ?? experimentPageMax,
        pageToken: req.page_token,
      })
      return experimentsToWire(page, ctx.workspace)
    },
  }),
  operation('searchRegisteredModels', {
    request: message(query),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchRegisteredModels(ctx, {
        filter: req.filter,
        orderBy: req.order_by,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return registeredModelsToWire(page)
    },
  }),
  operation('listRegisteredModels', {
    request: message(paging),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchRegisteredModels(ctx, {
        orderBy: [],
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      return registeredModelsToWire(page)
    },
  }),
  operation('searchModelVersions', {
    request: message({ ...query, include_aliases: { type: 'bool' } }),
    rule: anyone,
    answer: async (ctx, req) => {
      const page = await searchModelVersions(ctx, {
        filter: req.filter,
        orderBy: req.order_by,
        maxResults: req.max_results,
        pageToken: req.page_token,
      })
      // MLflow leaves them out here alone, and mlflow-export-import cannot write them down.
      const shown = (aliases: readonly string[]) => (req.include_aliases ? aliases : [])
      const versions = page.items.map((version) =>
        modelVersionToWire({ ...version, aliases: shown(version.aliases) }),
      )
      return { model_versions: unlessEmpty(versions), next_page_token: page.nextPageToken }
    },
  }),
  operation('searchDatasets', {
    request: message({ experiment_ids: { type: 'string', repeated: true } }),
    rule: anyone,
    answer: async (ctx, req) => {
      // How many there are is refused before what one of them is, as in MLflow.
      checkDatasetExperiments(req.experiment_ids)
      const found = await searchDatasets(ctx, req.experiment_ids.map(parseExperimentId))
      const summaries = found.map(({ experimentId, ...summary }) => ({
        experiment_id: String(experimentId),
        ...summary,
      }))
      return { dataset_summaries: unlessEmpty(summaries) }
    },
  }),
]

function experimentsToWire(page: Page<Experiment>, workspace: string): object {
  const experiments = page.items.map((experiment) => experimentToWire(experiment, workspace))
  return { experiments: unlessEmpty(experiments), next_page_token: page.nextPageToken }
}

function registeredModelsToWire(page: Page<RegisteredModel>): object {
  const models = page.items.map(registeredModelToWire)
  return { registered_models: unlessEmpty(models), next_page_token: page.nextPageToken }
}
