import { sql } from 'drizzle-orm'
import type { Database } from '../../db/database.ts'
import { matching, policiesFromRows } from '../policies/policies.ts'

type Held = {
  id: number
  model: string
  workspace: string
  stage: string | null
  alias: string | null
}

/**
 * Every version, by `model_versions.id`, that holds a stage or alias which a policy guards: what it
 * came from is not purged, since it is what the version in use is explained by.
 */
export async function guardedVersions(db: Database): Promise<number[]> {
  const rows = await db.all<{ workspace: string }>(
    sql`select * from policies where deleted_at_ms is null`,
  )
  if (rows.length === 0) return []
  const held = await db.all<Held>(sql`
    select v.id, m.name as model, m.workspace, v.stage, null as alias
    from model_versions v join registered_models m on m.id = v.registered_model
    where lower(v.stage) in (select lower(document ->> '$.applies_to.stage') from policies
      where deleted_at_ms is null)
    union all
    select v.id, m.name, m.workspace, null, a.alias from aliases a
    join model_versions v on v.registered_model = a.registered_model and v.version = a.version
    join registered_models m on m.id = v.registered_model`)
  const guarded = held.filter(({ model, workspace, stage, alias }) => {
    const policies = policiesFromRows(rows.filter((row) => row.workspace === workspace))
    const target = alias === null ? { stage: stage ?? '' } : { alias }
    return matching(policies, model, target).length > 0
  })
  return [...new Set(guarded.map(({ id }) => id))]
}
