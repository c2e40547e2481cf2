import { requireToCreate } from '../access/permissions/require.ts'
import type { Context } from '../platform/context.ts'
import {
  deleteExperiment,
  deleteExperimentTag,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from '../tracking/experiments/change-experiment.ts'
import { createExperiment } from '../tracking/experiments/create-experiment.ts'
import { getExperiment, getExperimentByName } from '../tracking/experiments/experiment.ts'
import {
  requireExperimentNamed,
  requireLocation,
  requireWholeExperiment,
} from '../tracking/permissions.ts'
import { experimentToWire } from './experiment-wire.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { type Operation, operation } from './operation.ts'
import { onExperiment } from './rules.ts'
import { message } from './wire/message.ts'

const id = { type: 'experiment_id', required: true } as const

async function mayCreateExperiment(
  ctx: Context,
  req: { readonly artifact_location?: string | undefined },
): Promise<void> {
  await requireToCreate(ctx, 'experiment')
  if (req.artifact_location) await requireLocation(ctx, req.artifact_location)
}

function onWholeExperiment(ctx: Context, req: { readonly experiment_id: number }): Promise<void> {
  return requireWholeExperiment(ctx, req.experiment_id)
}

export const experimentOperations: readonly Operation[] = [
  operation('createExperiment', {
    request: message({
      name: { type: 'string', required: true },
      artifact_location: { type: 'string' },
      tags: { type: keyValueMessage, repeated: true },
    }),
    rule: mayCreateExperiment,
    answer: async (ctx, req) => {
      const tags = req.tags.map(keyValueFrom)
      const created = await createExperiment(ctx, req.name, {
        artifactLocation: req.artifact_location,
        tags,
      })
      return { experiment_id: String(created) }
    },
  }),
  operation('getExperiment', {
    request: message({ experiment_id: id }),
    rule: onExperiment('READ'),
    answer: async (ctx, req) => {
      const experiment = await getExperiment(ctx, req.experiment_id)
      return { experiment: experimentToWire(experiment, ctx.workspace) }
    },
  }),
  operation('getExperimentByName', {
    request: message({ experiment_name: { type: 'string', required: true } }),
    rule: (ctx, req) => requireExperimentNamed(ctx, req.experiment_name, 'READ'),
    answer: async (ctx, req) => {
      const experiment = await getExperimentByName(ctx, req.experiment_name)
      return { experiment: experimentToWire(experiment, ctx.workspace) }
    },
  }),
  operation('updateExperiment', {
    request: message({ experiment_id: id, new_name: { type: 'string', required: true } }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => renameExperiment(ctx, req.experiment_id, req.new_name),
  }),
  operation('deleteExperiment', {
    request: message({ experiment_id: id }),
    rule: onWholeExperiment,
    answer: async (ctx, req) => deleteExperiment(ctx, req.experiment_id),
  }),
  operation('restoreExperiment', {
    request: message({ experiment_id: id }),
    rule: onWholeExperiment,
    answer: async (ctx, req) => restoreExperiment(ctx, req.experiment_id),
  }),
  operation('setExperimentTag', {
    request: message({ experiment_id: id, ...keyValueMessage.fields }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => setExperimentTag(ctx, req.experiment_id, keyValueFrom(req)),
  }),
  operation('deleteExperimentTag', {
    request: message({ experiment_id: id, key: { type: 'string', required: true } }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => deleteExperimentTag(ctx, req.experiment_id, req.key),
  }),
]
