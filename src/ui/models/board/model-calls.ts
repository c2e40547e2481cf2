import type { BoardThen } from '../../../governance/history/board-then.ts'
import { isActive } from '../../../registry/stages/stages.ts'
import type { Paths } from '../../paths.ts'
import type { ShownCall } from '../../shell/api-call.tsx'
import type { ModelMetric } from '../read-metric.ts'
import type { ModelStanding } from '../read-model.ts'

/** Calls that answer what the page of a model shows, one for each part. */
export function modelCalls(
  to: Paths,
  { model, stages, requests, entries, held, answering }: ModelStanding,
  metric: ModelMetric | undefined,
): ShownCall[] {
  const { name, aliases } = model
  const path = `/api/v1/models/${encodeURIComponent(name)}`
  return [
    call(
      'The model, its aliases and newest versions',
      to.query('/api/2.0/mlflow/registered-models/get', { name }),
    ),
    ...stages
      .filter((stage) => isActive(stage.name))
      .map((stage) =>
        call(`What is in ${stage.name}`, `${path}/stages/${encodeURIComponent(stage.name)}`),
      ),
    ...aliases
      .slice(0, aliasCallsMax)
      .map(({ alias }) =>
        call(
          `What @${alias} points at, since when`,
          `${path}/aliases/${encodeURIComponent(alias)}`,
        ),
      ),
    ...(answering.processes > 0 ? [call('What processes answer with', `${path}/serving`)] : []),
    ...(metric ? [call('The metric', to.query(`${path}/metrics`, { key: metric.key }))] : []),
    ...(held.spans.length > 0 ? [call('What served when', `${path}/stage-spans`)] : []),
    ...(requests.length > 0
      ? [call('Open requests', to.query('/api/v1/promotions', { model: name, status: 'open' }))]
      : []),
    ...(entries ? [call('The timeline', to.query('/api/v1/audit', { model: name }))] : []),
  ]
}

/** As `modelCalls`, of a moment in ISO 8601. */
export function modelThenCalls(to: Paths, board: BoardThen, at: string): ShownCall[] {
  const path = `/api/v1/models/${encodeURIComponent(board.model.nameThen)}`
  const places = [
    ...board.stages
      .filter(({ stage }) => isActive(stage))
      .map(({ stage }) => ({
        about: `What was in ${stage}`,
        place: `stages/${encodeURIComponent(stage)}`,
      })),
    ...board.aliases.slice(0, aliasCallsMax).map(({ alias }) => ({
      about: `What @${alias} pointed at`,
      place: `aliases/${encodeURIComponent(alias)}`,
    })),
  ]
  return places.map(({ about, place }) => call(about, to.query(`${path}/${place}`, { at })))
}

function call(about: string, path: string): ShownCall {
  return { about, method: 'GET', path }
}

/** Of more aliases the calls differ in the name alone. */
const aliasCallsMax = 3
