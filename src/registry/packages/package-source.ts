import { type SQL, sql } from 'drizzle-orm'
import { conflict, excerpt } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { versionEntry } from '../audit-entries.ts'
import { parseSource } from '../source/parse-source.ts'
import { firstStage } from '../stages/stages.ts'
import type { ModelVersion } from '../versions/read-versions.ts'

/** The source that a package gets after it was made, and whether it still may. */
export type LateSource = {
  readonly source: string
  /** A condition: nobody has reviewed the version yet. @param version `model_versions.id` */
  readonly isUnreviewed: (version: SQL) => SQL
}

/**
 * The statements that give a package another source, and the condition under which it may have one: its
 * files lie elsewhere, so that nothing of them was sealed, and nobody relied on where. Undefined: it has
 * that source.
 *
 * @throws RESOURCE_CONFLICT it may not
 * @throws INVALID_PARAMETER_VALUE the source is refused
 */
export function sourceWrites(
  ctx: Context,
  version: ModelVersion,
  { source, isUnreviewed }: LateSource,
): { readonly statements: SQL[]; readonly isFree: SQL } | undefined {
  if (version.source === source) return undefined
  const isElsewhere = parseSource(source, false, ctx).kind === 'external'
  const isUsed = version.stage !== firstStage || version.aliases.length > 0
  const isTracked = Boolean(version.runId) || version.modelId !== null
  if (!isElsewhere || version.manifestId !== null || isUsed || isTracked) throw keepsSource(version)
  const isFree = sql`${isUnreviewed(sql`${version.id}`)} and exists (
    select 1 from model_versions f where f.id = ${version.id} and f.manifest is null
      and f.stage = ${firstStage} and f.source = ${version.source} and not exists (
        select 1 from aliases fa where fa.registered_model = f.registered_model and fa.version = f.version))`
  return {
    isFree,
    statements: [
      versionEntry(ctx, sql`select ${version.id}`, {
        action: 'model_version.updated',
        before: sql`json_object('source', v.source)`,
        after: sql`json_object('source', ${source})`,
        guard: isFree,
      }),
      sql`update model_versions set source = ${source}, storage_location = ${source},
        updated_at_ms = ${ctx.now()} where id = ${version.id} and ${isFree}`,
    ],
  }
}

export function keepsSource({ name, version }: ModelVersion) {
  return conflict(
    `Package ${version} of '${excerpt(name)}' keeps its source: only one whose files lie elsewhere gets another place there, until it is reviewed or used; register another package`,
  )
}
