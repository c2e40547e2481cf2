import { type SQL, sql } from 'drizzle-orm'
import { entryStatement } from '../audit/commit.ts'
import type { Context } from '../platform/context.ts'
import { ofVersion } from './audit-entries.ts'

/** What entries in the audit log say of a link. @param collection alias of its `registered_models` */
export function linkJson(collection: SQL, number: SQL): SQL {
  return sql`json_object('collection', ${collection}.name,
    'collection_workspace', ${collection}.workspace, 'collection_version', cast(${number} as text))`
}

/**
 * The entries in the audit logs of other workspaces whose versions are linked no more. In the collection's
 * own workspace the deletion of the link is on the log.
 *
 * @param leaving a select of `model_versions.id`: the versions that are about to go
 */
export function unlinkedEntry(ctx: Context, leaving: SQL): SQL {
  return entryStatement(ctx, {
    ...ofVersion,
    action: 'model_version.unlinked',
    workspace: sql`m.workspace`,
    before: linkJson(sql`cm`, sql`cv.version`),
    from: sql`collection_links l
      join model_versions cv on cv.id = l.model_version
      join registered_models cm on cm.id = cv.registered_model
      join model_versions v on v.id = l.source_version
      join registered_models m on m.id = v.registered_model and m.workspace <> cm.workspace
      where l.model_version in (${leaving})`,
  })
}
