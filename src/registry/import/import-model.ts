import { type SQL, sql } from 'drizzle-orm'
import { creatorStatements } from '../../access/permissions/own-role.ts'
import { isPromptModel } from '../../access/permissions/permitted.ts'
import { jsonChunksOf } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { jsonMap, modelEntry } from '../audit-entries.ts'
import { checkDescription, checkModelName } from '../check-names.ts'
import { modelId } from '../ids.ts'
import { modelTagBound, uniqueTags } from '../tags.ts'
import type { Tag } from '../versions/read-versions.ts'

/** A registered model, or a prompt, as another server had it. */
export type ImportedModel = {
  readonly name: string
  readonly description: string | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly tags: readonly Tag[]
  /** The highest number that was given out there, where the version was deleted since. */
  readonly lastVersion: number | undefined
}

/** @throws INVALID_PARAMETER_VALUE a name, a text or a tag that this server does not take */
export function checkImportedModel(model: ImportedModel): void {
  checkModelName(model.name)
  checkDescription(model.description)
  uniqueTags(model.tags)
}

/**
 * The statements that write a registered model as another server had it, for the batch of the import,
 * which is written by `writeBounded`.
 * An insert fails with a ConstraintError of kind `unique` where the name is taken.
 *
 * @param model checked
 * @param terms.own a select of `registered_models.id`, the model that it became before and that is brought
 *   up to date: no row of `model` is a lost race. Absent: it is new
 */
export function modelImport(
  ctx: Context,
  model: ImportedModel,
  { source, own }: { readonly source: string; readonly own: SQL | undefined },
) {
  const { name, description, createdAtMs, updatedAtMs, lastVersion } = model
  const id = own ?? modelId(ctx, name)
  const tags = uniqueTags(model.tags).map(({ key, value }) => [key, value])
  return {
    model: own
      ? sql<{ id: number }>`update registered_models set description = ${description ?? null},
          updated_at_ms = ${updatedAtMs} where id = (${own}) returning id`
      : sql<{ id: number }>`insert into registered_models
          (workspace, name, description, created_at_ms, updated_at_ms)
          values (${ctx.workspace}, ${name}, ${description ?? null}, ${createdAtMs}, ${updatedAtMs})
          returning id`,
    modelTags: jsonChunksOf(tags).map(
      (rows) => sql`insert into registered_model_tags (registered_model, key, value)
        select m.id, value ->> 0, value ->> 1
        from registered_models m join json_each(${rows}) where m.id = (${id})
        on conflict (registered_model, key) do update set value = excluded.value`,
    ),
    modelTagBound: modelTagBound(id),
    issued:
      lastVersion === undefined
        ? undefined
        : sql`insert into issued_versions (workspace, name, version, model_version)
            values (${ctx.workspace}, ${name}, ${lastVersion}, 0) on conflict do nothing`,
    entry: modelEntry(ctx, id, {
      action: 'registered_model.imported',
      after: sql`json_object('source', ${source}, 'description', m.description,
        'tags', json(${jsonMap(sql`select t.key, t.value from registered_model_tags t
          where t.registered_model = m.id order by t.key`)}),
        'created_at', m.created_at_ms, 'updated_at', m.updated_at_ms)`,
    }),
    permissions: own
      ? undefined
      : creatorStatements(
          ctx,
          'model',
          sql`select m.id, m.name, ${isPromptModel} as is_prompt from registered_models m
            where m.id = (${id})`,
        ),
  }
}
