import {
  deleteExperiment,
  deleteExperimentTag,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from '../tracking/change-experiment.ts'
import { createExperiment } from '../tracking/create-experiment.ts'
import { parseExperimentId } from '../tracking/experiment.ts'
import { getExperiment, getExperimentByName } from '../tracking/experiments.ts'
import type { KeyValue } from '../tracking/run.ts'
import { experimentToWire } from './experiment-wire.ts'
import { type Operation, operation } from './operation.ts'
import { message } from './wire/message.ts'

/** MLflow's `ExperimentTag`, `RunTag` and `Param`. */
export const keyValue = message({
  key: { type: 'string', required: true },
  value: { type: 'string' },
})

/** An absent value counts as the empty string. */
export function keyValues(
  given: readonly { readonly key: string; readonly value?: string | undefined }[],
): KeyValue[] {
  return given.map(({ key, value }) => ({ key, value: value ?? '' }))
}

const id = { type: 'string', required: true } as const

export const experimentOperations: readonly Operation[] = [
  operation(
    'createExperiment',
    message({
      name: { type: 'string', required: true },
      artifact_location: { type: 'string' },
      tags: { type: keyValue, repeated: true },
    }),
    async (ctx, req) => {
      const tags = keyValues(req.tags)
      const created = await createExperiment(ctx, req.name, req.artifact_location, tags)
      return { experiment_id: String(created) }
    },
  ),
  operation('getExperiment', message({ experiment_id: id }), async (ctx, req) => {
    const experiment = await getExperiment(ctx, parseExperimentId(req.experiment_id))
    return { experiment: experimentToWire(experiment, ctx.workspace) }
  }),
  operation(
    'getExperimentByName',
    message({ experiment_name: { type: 'string', required: true } }),
    async (ctx, req) => {
      const experiment = await getExperimentByName(ctx, req.experiment_name)
      return { experiment: experimentToWire(experiment, ctx.workspace) }
    },
  ),
  operation(
    'updateExperiment',
    message({ experiment_id: id, new_name: { type: 'string', required: true } }),
    async (ctx, req) => renameExperiment(ctx, parseExperimentId(req.experiment_id), req.new_name),
  ),
  operation('deleteExperiment', message({ experiment_id: id }), async (ctx, req) =>
    deleteExperiment(ctx, parseExperimentId(req.experiment_id)),
  ),
  operation('restoreExperiment', message({ experiment_id: id }), async (ctx, req) =>
    restoreExperiment(ctx, parseExperimentId(req.experiment_id)),
  ),
  operation(
    'setExperimentTag',
    message({ experiment_id: id, ...keyValue.fields }),
    async (ctx, req) => {
      const tag = { key: req.key, value: req.value ?? '' }
      await setExperimentTag(ctx, parseExperimentId(req.experiment_id), tag)
    },
  ),
  operation(
    'deleteExperimentTag',
    message({ experiment_id: id, key: { type: 'string', required: true } }),
    async (ctx, req) => deleteExperimentTag(ctx, parseExperimentId(req.experiment_id), req.key),
  ),
]
