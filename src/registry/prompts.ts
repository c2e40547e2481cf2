import { type SQL, sql } from 'drizzle-orm'
import { isPromptModel } from '../access/permissions/permitted.ts'
import { promptKey } from '../core/names.ts'
import type { Context } from '../platform/context.ts'
import type { Filter } from '../search/filter.ts'
import { equality, type FilterField } from '../search/vocabulary.ts'
import { modelId } from './ids.ts'
import type { Tag } from './versions/read-versions.ts'

/** The source of prompt versions, which have no files. */
const placeholders: readonly string[] = ['dummy-source', 'prompt-template']

export function isPromptTag(tag: Tag): boolean {
  return tag.key === promptKey && tag.value.toLowerCase() === 'true'
}

/** Whether this is the name of a prompt. */
export async function isPromptName(ctx: Context, name: string): Promise<boolean> {
  const found = await ctx.db.first(sql`select 1 from registered_models m
    where m.id = (${modelId(ctx, name)}) and ${isPromptModel}`)
  return found !== undefined
}

export function isPromptPlaceholder(source: string): boolean {
  return placeholders.includes(source)
}

/**
 * The key that says whether a row is a prompt: `'true'` or `'false'`, never missing. MLflow reads
 * the tag `mlflow.prompt.is_prompt` like this in searches, whether the row has it or not.
 */
export const promptPrefix = 'prompt'
const promptName = 'is_prompt'

/** @param tags table and condition of the row's tag of this key, named `t` */
export function promptKeys(tags: (key: SQL) => SQL): ReadonlyMap<string, FilterField> {
  return new Map([
    [promptName, { type: 'string', operators: equality, column: isPrompt(tags) } as const],
  ])
}

function isPrompt(tags: (key: SQL) => SQL): SQL {
  return sql`iif(exists (select 1 from ${tags(sql.raw(`'${promptKey}'`))} and lower(t.value) = 'true'), 'true', 'false')`
}

/** `filter` with the prompt tag read as above; a filter without that tag leaves prompts out. */
export function withPromptsHidden(filter: Filter): Filter {
  const key = { prefix: promptPrefix, name: promptName }
  const read = filter.map((clause) => {
    const isTag = clause.key.prefix === 'tag' || clause.key.prefix === 'tags'
    return isTag && clause.key.name === promptKey ? { ...clause, key } : clause
  })
  const asks = read.some(
    ({ key: { prefix, name } }) => prefix === promptPrefix && name === promptName,
  )
  return asks ? read : [...read, { key, operator: '=', value: { type: 'string', text: 'false' } }]
}
