import type { Permission } from '../../access/permissions/levels.ts'
import { requireExperiment } from '../../access/permissions/require.ts'
import { anyone } from '../../http/guards/guard.ts'
import { deleteScorer, registerScorer } from '../../judging/scorers/change-scorers.ts'
import {
  listOnlineConfigs,
  type OnlineConfig,
  setOnlineConfig,
} from '../../judging/scorers/online-config.ts'
import { getScorer, listScorers, listScorerVersions } from '../../judging/scorers/read-scorers.ts'
import type { ScorerName, ScorerVersion } from '../../judging/scorers/scorer.ts'
import type { Context } from '../../platform/context.ts'
import { getExperiment } from '../../tracking/experiments/experiment.ts'
import { type Operation, operation } from '../operation.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'

const named = {
  experiment_id: { type: 'experiment_id', required: true },
  name: { type: 'string', required: true },
} as const
type Named = { readonly experiment_id: number; readonly name: string }

function onExperiment(needed: Permission) {
  return (ctx: Context, req: Named) => requireExperiment(ctx, req.experiment_id, needed)
}

function nameOf({ experiment_id, name }: Named): ScorerName {
  return { experimentId: experiment_id, name }
}

/** What judges traces. The server keeps scorers and runs none. */
export const scorerOperations: readonly Operation[] = [
  operation('registerScorer', {
    request: message({ ...named, serialized_scorer: { type: 'string', required: true } }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => {
      const made = await registerScorer(ctx, nameOf(req), req.serialized_scorer)
      return {
        version: made.version,
        scorer_id: made.scorerId,
        // A text here, and a number in lists, as in MLflow.
        experiment_id: String(made.experimentId),
        name: made.name,
        serialized_scorer: made.serialized,
        creation_time: made.createdAtMs,
      }
    },
  }),
  operation('listScorers', {
    request: message({
      experiment_id: { type: 'experiment_id' },
      experiment_ids: { type: 'experiment_id', repeated: true },
    }),
    rule: anyone,
    answer: async (ctx, req) => {
      const one = req.experiment_id === undefined ? [] : [req.experiment_id]
      for (const id of one) await getExperiment(ctx, id)
      return scorersToWire(await listScorers(ctx, [...one, ...req.experiment_ids]))
    },
  }),
  operation('listScorerVersions', {
    request: message(named),
    rule: onExperiment('READ'),
    answer: async (ctx, req) => scorersToWire(await listScorerVersions(ctx, nameOf(req))),
  }),
  operation('getScorer', {
    request: message({ ...named, version: { type: 'int32' } }),
    rule: onExperiment('READ'),
    answer: async (ctx, req) => ({
      scorer: scorerToWire(await getScorer(ctx, nameOf(req), req.version)),
    }),
  }),
  operation('deleteScorer', {
    request: message({ ...named, version: { type: 'int32' } }),
    rule: onExperiment('MANAGE'),
    answer: (ctx, req) => deleteScorer(ctx, nameOf(req), req.version),
  }),
  operation('upsertOnlineScoringConfig', {
    request: message({
      ...named,
      sample_rate: { type: 'double', required: true },
      filter_string: { type: 'string' },
    }),
    rule: onExperiment('EDIT'),
    answer: async (ctx, req) => {
      const config = { sampleRate: req.sample_rate, filter: req.filter_string }
      return { config: configToWire(await setOnlineConfig(ctx, nameOf(req), config)) }
    },
  }),
  operation('getOnlineScoringConfigs', {
    request: message({ scorer_ids: { type: 'string', repeated: true } }),
    rule: anyone,
    answer: async (ctx, req) => ({
      configs: (await listOnlineConfigs(ctx, req.scorer_ids)).map(configToWire),
    }),
  }),
]

function scorersToWire(versions: readonly ScorerVersion[]): object {
  return { scorers: unlessEmpty(versions.map(scorerToWire)) }
}

function scorerToWire(one: ScorerVersion): object {
  return {
    experiment_id: one.experimentId,
    scorer_name: one.name,
    scorer_version: one.version,
    serialized_scorer: one.serialized,
    creation_time: one.createdAtMs,
    scorer_id: one.scorerId,
  }
}

function configToWire(config: OnlineConfig): object {
  return {
    online_scoring_config_id: config.configId,
    scorer_id: config.scorerId,
    sample_rate: config.sampleRate,
    experiment_id: String(config.experimentId),
    filter_string: config.filter,
  }
}
