import { type SQL, sql } from 'drizzle-orm'
import { isPromptModel } from '../access/permissions/permitted.ts'
import { deletable } from '../registry/versions/deletable.ts'

/** Why a version stays, whatever a rule says, by the name under which it is told. */
const reasons: Readonly<Record<string, SQL>> = {
  'is in a stage': sql`v.stage not in ('None', 'Archived')`,
  'has an alias': sql`exists (select 1 from aliases a
    where a.registered_model = v.registered_model and a.version = v.version)`,
  'is under a legal hold': sql`exists (select 1 from version_holds h where h.model_version = v.id)`,
  'is in a collection': sql`(exists (select 1 from collection_links l
      where l.source_version = v.id or l.model_version = v.id)
    or exists (select 1 from collections c where c.registered_model = v.registered_model))`,
  'is in a release bundle': sql`exists (select 1 from release_bundles b where b.model_version = v.id)`,
  'has an open request': sql`exists (select 1 from promotions p
    where p.model_version = v.id and p.status = 'open')`,
  'answers requests': sql`(exists (select 1 from serving_replicas r
      where r.registered_model = v.registered_model and (r.version = v.version
        or r.uri like '%/' || v.version))
    or exists (select 1 from deployments d, json_tree(d.split) t
      where d.registered_model = v.registered_model and t.key = 'uri'
        and t.value like '%/' || v.version))`,
  'is a prompt': sql`exists (select 1 from registered_models m
    where m.id = v.registered_model and ${isPromptModel})`,
  // Whatever else forbids deleting it.
  'must not be deleted': sql`not (${deletable(sql`v`)})`,
}

/**
 * Why no rule deletes the version `v`: the first reason, or null. **This is the one place for such
 * reasons**: plans read it, and each deletion asks it again in its own batch. A capability that needs
 * versions to stay adds its condition above.
 */
export const keptBecauseSql = sql`case ${sql.join(
  Object.entries(reasons).map(([text, condition]) => sql`when ${condition} then ${text}`),
  sql` `,
)} end`
