import { sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import {
  groupPolicies,
  guardsPlace,
  type PolicyRow,
  policiesFromRows,
  selectPolicies,
} from '../policies/policies.ts'

type PlaceRow = {
  id: number
  model: string
  workspace: string
  stage: string | null
  alias: string | null
}

/**
 * The versions, by `model_versions.id`, that are in a guarded stage or have a guarded alias. Runs
 * and logged models behind them are not purged, since they explain what is in use.
 */
export async function listGuardedVersions(db: Database): Promise<number[]> {
  const rows = await db.all(sql<PolicyRow>`select * from policies where deleted_at_ms is null`)
  if (rows.length === 0) return []
  const every = policiesFromRows(rows)
  const stages = await db.all(sql<{ name: string }>`select name from stages`)
  const guardedStages = stages
    .map(({ name }) => name)
    .filter((stage) => every.some(({ document }) => guardsPlace(document.applies_to, { stage })))
  const places = await db.all(sql<PlaceRow>`
    select v.id, m.name as model, m.workspace, v.stage, null as alias
    from model_versions v join registered_models m on m.id = v.registered_model
    where v.stage in (select value from json_each(${JSON.stringify(guardedStages)}))
    union all
    select v.id, m.name, m.workspace, null, a.alias from aliases a
    join model_versions v on v.registered_model = a.registered_model and v.version = a.version
    join registered_models m on m.id = v.registered_model`)
  const policiesOf = groupPolicies(rows)
  const guarded = places.filter(({ model, workspace, stage, alias }) => {
    const target = alias === null ? { stage: stage ?? '' } : { alias }
    return selectPolicies(policiesOf(workspace), model, target).length > 0
  })
  return [...new Set(guarded.map(({ id }) => id))]
}
