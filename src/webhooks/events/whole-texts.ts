import { type SQL, sql } from 'drizzle-orm'
import { type Brief, isBrief } from '../../audit/brief.ts'
import type { Platform } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import type { EventFields, RegistryEvent } from './events.ts'

/**
 * The event as MLflow tells of it, with whole texts: the audit log has the digests of long ones, and
 * their owners have the texts as long as nobody changes them. What was changed since has its beginning.
 */
export async function readWholeTexts(
  platform: Platform,
  event: RegistryEvent,
): Promise<RegistryEvent> {
  const after: Record<string, unknown> = { ...event.after }
  for (const [field, value] of Object.entries(event.after)) {
    if (isBrief(value)) after[field] = await readWhole(platform, event, { field, brief: value })
  }
  return { ...event, after, before: withBeginnings(event.before) }
}

/** Long texts by their beginnings, for people. */
export function withBeginnings(fields: EventFields): EventFields {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      isBrief(value) ? `${value.begins}...` : value,
    ]),
  )
}

async function readWhole(
  platform: Platform,
  event: RegistryEvent,
  { field, brief }: { readonly field: string; readonly brief: Brief },
): Promise<unknown> {
  const source = textSql(event, field)
  const row =
    source && (await platform.db.first(sql<{ text: string | null }>`select (${source}) as text`))
  const isSame = row?.text && brief.sha256 === (await hashText(platform, row.text))
  if (field === 'tags') return isSame && row?.text ? JSON.parse(row.text) : {}
  return isSame ? row?.text : `${brief.begins}...`
}

/** A scalar select of what the field has today. */
function textSql(
  { registeredModelId: id, version, after }: RegistryEvent,
  field: string,
): SQL | undefined {
  const ofVersion = sql`from model_versions v where v.registered_model = ${id} and v.version = ${Number(version)}`
  const [owner, tags, on] =
    version === null
      ? [
          sql`from registered_models v where v.id = ${id}`,
          'registered_model_tags',
          'registered_model',
        ]
      : [ofVersion, 'model_version_tags', 'model_version']
  const ownTags = sql`from ${sql.identifier(tags)} t where t.${sql.identifier(on)} = (select v.id ${owner})`
  if (field === 'description') return sql`select v.description ${owner}`
  if (field === 'value') return sql`select t.value ${ownTags} and t.key = ${String(after.key)}`
  if (field === 'tags') return sql`select json_group_object(t.key, t.value) ${ownTags}`
  return undefined
}
