import { anyone } from '../http/guard.ts'
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
import { experimentToWire } from './experiment-wire.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { type Operation, operation } from './operation.ts'
import { message } from './wire/message.ts'

const id = { type: 'string', required: true } as const

export const experimentOperations: readonly Operation[] = [
  operation(
    'createExperiment',
    anyone,
    message({
      name: { type: 'string', required: true },
      artifact_location: { type: 'string' },
      tags: { type: keyValueMessage, repeated: true },
    }),
    async (ctx, req) => {
      const tags = req.tags.map(keyValueFrom)
      const created = await createExperiment(ctx, req.name, req.artifact_location, tags)
      return { experiment_id: String(created) }
    },
  ),
  operation('getExperiment', anyone, message({ experiment_id: id }), async (ctx, req) => {
    const experiment = await getExperiment(ctx, parseExperimentId(req.experiment_id))
    return { experiment: experimentToWire(experiment, ctx.workspace) }
  }),
  operation(
    'getExperimentByName',
    anyone,
    message({ experiment_name: { type: 'string', required: true } }),
    async (ctx, req) => {
      const experiment = await getExperimentByName(ctx, req.experiment_name)
      return { experiment: experimentToWire(experiment, ctx.workspace) }
    },
  ),
  operation(
    'updateExperiment',
    anyone,
    message({ experiment_id: id, new_name: { type: 'string', required: true } }),
    async (ctx, req) => renameExperiment(ctx, parseExperimentId(req.experiment_id), req.new_name),
  ),
  operation('deleteExperiment', anyone, message({ experiment_id: id }), async (ctx, req) =>
    deleteExperiment(ctx, parseExperimentId(req.experiment_id)),
  ),
  operation('restoreExperiment', anyone, message({ experiment_id: id }), async (ctx, req) =>
    restoreExperiment(ctx, parseExperimentId(req.experiment_id)),
  ),
  operation(
    'setExperimentTag',
    anyone,
    message({ experiment_id: id, ...keyValueMessage.fields }),
    async (ctx, req) =>
      setExperimentTag(ctx, parseExperimentId(req.experiment_id), keyValueFrom(req)),
  ),
  operation(
    'deleteExperimentTag',
    anyone,
    message({ experiment_id: id, key: { type: 'string', required: true } }),
    async (ctx, req) => deleteExperimentTag(ctx, parseExperimentId(req.experiment_id), req.key),
  ),
]
