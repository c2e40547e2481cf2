import { requireExperimentPart } from '../access/permissions/require.ts'
import { runStatuses } from '../tracking/run.ts'
import { logParam } from '../tracking/run-data/log-batch.ts'
import { deleteRunTag, setRunTag } from '../tracking/run-data/run-tags.ts'
import { createRun } from '../tracking/runs/create-run.ts'
import { getWholeRun } from '../tracking/runs/read-runs.ts'
import { deleteRun, restoreRun, updateRun } from '../tracking/runs/update-run.ts'
import { keyValueFrom, keyValueMessage } from './key-value.ts'
import { type Operation, operation } from './operation.ts'
import { onRun } from './rules.ts'
import { newRunToWire, runInfoToWire, runToWire } from './run-wire.ts'
import { message } from './wire/message.ts'

/** A run's id, also under the name that MLflow 0.x had for it. */
export const runId = { type: 'string', required: true, alsoAs: 'run_uuid' } as const

export const runOperations: readonly Operation[] = [
  operation('createRun', {
    request: message({
      experiment_id: { type: 'experiment_id', required: true },
      user_id: { type: 'string' },
      run_name: { type: 'string' },
      start_time: { type: 'int64' },
      tags: { type: keyValueMessage, repeated: true },
    }),
    rule: (ctx, req) =>
      requireExperimentPart(ctx, { id: req.experiment_id, part: 'new run' }, 'EDIT'),
    answer: async (ctx, req) => {
      const { info, tags } = await createRun(ctx, {
        experimentId: req.experiment_id,
        name: req.run_name,
        userId: req.user_id,
        startTimeMs: req.start_time,
        tags: req.tags.map(keyValueFrom),
      })
      return { run: newRunToWire(info, tags) }
    },
  }),
  operation('getRun', {
    request: message({ run_id: runId }),
    rule: onRun('READ'),
    answer: async (ctx, req) => ({
      run: runToWire(await getWholeRun(ctx, req.run_id)),
    }),
  }),
  operation('updateRun', {
    request: message({
      run_id: runId,
      status: { type: runStatuses },
      end_time: { type: 'int64' },
      run_name: { type: 'string' },
    }),
    rule: onRun('EDIT'),
    answer: async (ctx, req) => {
      const change = { status: req.status, endTimeMs: req.end_time, name: req.run_name }
      return { run_info: runInfoToWire(await updateRun(ctx, req.run_id, change)) }
    },
  }),
  operation('deleteRun', {
    request: message({ run_id: runId }),
    rule: onRun('MANAGE'),
    answer: async (ctx, req) => deleteRun(ctx, req.run_id),
  }),
  operation('restoreRun', {
    request: message({ run_id: runId }),
    rule: onRun('MANAGE'),
    answer: async (ctx, req) => restoreRun(ctx, req.run_id),
  }),
  operation('setTag', {
    request: message({ run_id: runId, ...keyValueMessage.fields }),
    rule: onRun('EDIT'),
    answer: async (ctx, req) => setRunTag(ctx, req.run_id, keyValueFrom(req)),
  }),
  operation('deleteTag', {
    request: message({ run_id: runId, key: { type: 'string', required: true } }),
    rule: onRun('EDIT'),
    answer: async (ctx, req) => deleteRunTag(ctx, req.run_id, req.key),
  }),
  operation('logParam', {
    request: message({ run_id: runId, ...keyValueMessage.fields }),
    rule: onRun('EDIT'),
    answer: async (ctx, req) => logParam(ctx, req.run_id, keyValueFrom(req)),
  }),
]
