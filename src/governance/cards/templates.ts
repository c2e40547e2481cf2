import { sql } from 'drizzle-orm'
import { commit } from '../../audit/commit.ts'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { principalText } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { modelEntry } from '../../registry/audit-entries.ts'
import { checkModelName, modelNotFound } from '../../registry/check-names.ts'
import { modelId } from '../../registry/ids.ts'
import type { modelCardTemplates } from '../tables.ts'
import type { Author } from './card-rows.ts'
import { type Card, type CardField, cardTooLarge, fitsRow } from './card-shape.ts'

/** What the cards of a model's versions start from. */
export type CardTemplate = {
  readonly card: Card
  /** Fields that a card must fill. */
  readonly required: readonly CardField[]
  readonly author: Author
  readonly updatedAtMs: number
}

type Row = Omit<typeof modelCardTemplates.$inferSelect, 'registered_model'>

/** The template of a model, by `registered_models.id`. */
export async function findTemplate(
  ctx: Context,
  registeredModel: number,
): Promise<CardTemplate | undefined> {
  const row = await ctx.db.first(sql<Row>`select card, required, author, updated_at_ms
    from model_card_templates where registered_model = ${registeredModel}`)
  return row && templateFrom(row)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model, or it has no template */
export async function getTemplate(ctx: Context, name: string): Promise<CardTemplate> {
  checkModelName(name)
  const model = await ctx.db.first(modelId(ctx, name))
  if (!model) throw modelNotFound(name)
  const template = await findTemplate(ctx, model.id)
  if (!template) throw noTemplate(name)
  return template
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model */
export async function setTemplate(
  ctx: Context,
  name: string,
  { card, required }: { readonly card: Card; readonly required: readonly CardField[] },
): Promise<CardTemplate> {
  checkModelName(name)
  if (!fitsRow(card)) throw invalid(`The template is too large: ${cardTooLarge}`)
  const texts = { card: JSON.stringify(card), required: JSON.stringify([...new Set(required)]) }
  const id = modelId(ctx, name)
  const { rows } = await commit(ctx, {
    entry: modelEntry(ctx, id, {
      action: 'registered_model.card_template_set',
      before: sql`coalesce(${templateJson}, json_object('card', null, 'required', null))`,
      after: sql`json_object('card', json(${texts.card}), 'required', json(${texts.required}))`,
    }),
    rows: sql<Row>`insert into model_card_templates (registered_model, card, required, author, updated_at_ms)
      select id, ${texts.card}, ${texts.required}, ${principalText(ctx.principal)}, ${ctx.now()}
      from (${id}) where true
      on conflict (registered_model) do update set card = excluded.card,
        required = excluded.required, author = excluded.author,
        updated_at_ms = excluded.updated_at_ms
      returning card, required, author, updated_at_ms`,
  })
  const [row] = rows
  if (!row) throw modelNotFound(name)
  return templateFrom(row)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such model, or it has no template */
export async function deleteTemplate(ctx: Context, name: string): Promise<void> {
  checkModelName(name)
  const id = modelId(ctx, name)
  const { deleted } = await commit(ctx, {
    entry: modelEntry(ctx, id, {
      action: 'registered_model.card_template_deleted',
      before: templateJson,
      guard: sql`exists (select 1 from model_card_templates t where t.registered_model = m.id)`,
    }),
    deleted: sql`delete from model_card_templates where registered_model = (${id})
      returning registered_model`,
  })
  if (deleted.length === 0) throw noTemplate(name)
}

/** What the audit log keeps of the template of the model `m`; null for none. */
const templateJson = sql`(select json_object('card', json(t.card), 'required', json(t.required))
  from model_card_templates t where t.registered_model = m.id)`

function templateFrom(row: Row): CardTemplate {
  return {
    // Only validated templates are ever written.
    card: JSON.parse(row.card) as Card,
    required: JSON.parse(row.required) as CardField[],
    author: JSON.parse(row.author) as Author,
    updatedAtMs: row.updated_at_ms,
  }
}

function noTemplate(name: string): RegistryError {
  return new RegistryError(
    'RESOURCE_DOES_NOT_EXIST',
    `Registered model '${excerpt(name)}' has no card template`,
  )
}
