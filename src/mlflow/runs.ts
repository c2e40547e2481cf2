import { createRun } from '../tracking/create-run.ts'
import { parseExperimentId } from '../tracking/experiment.ts'
import { getRun } from '../tracking/read-runs.ts'
import { keyValue, keyValues } from './experiments.ts'
import { type Operation, operation } from './operation.ts'
import { newRunToWire, runToWire } from './run-wire.ts'
import { message } from './wire/message.ts'

/** A run's id, under the name that MLflow 0.x had for it too. */
export const runId = { type: 'string', required: true, alsoAs: 'run_uuid' } as const

export const runOperations: readonly Operation[] = [
  operation(
    'createRun',
    message({
      experiment_id: { type: 'string', required: true },
      user_id: { type: 'string' },
      run_name: { type: 'string' },
      start_time: { type: 'int64' },
      tags: { type: keyValue, repeated: true },
    }),
    async (ctx, req) => {
      const { info, tags } = await createRun(ctx, {
        experimentId: parseExperimentId(req.experiment_id),
        name: req.run_name,
        userId: req.user_id,
        startTimeMs: req.start_time,
        tags: keyValues(req.tags),
      })
      return { run: newRunToWire(info, tags) }
    },
  ),
  operation('getRun', message({ run_id: runId }), async (ctx, req) => ({
    run: runToWire(await getRun(ctx, req.run_id)),
  })),
]
