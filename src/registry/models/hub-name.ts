import { sql } from 'drizzle-orm'
import { isPromptModel } from '../../access/permissions/permitted.ts'
import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import type { Tag } from '../versions/read-versions.ts'

/** The tag of a model by whose value clients of the Hugging Face Hub may ask for it as well. */
export const hubNameKey = 'gatehouse.hub_name'

const partCharsMax = 96

/** Whether clients of the Hub send this name: they check it before they ask. */
function isHubName(name: string): boolean {
  return (
    /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/.test(name) &&
    name.length <= partCharsMax &&
    !/--|\.\.|\.git$/.test(name)
  )
}

/** The name by which clients of the Hub ask for a model: of its tag, else its own; undefined: they cannot. */
export function hubNameOf(model: {
  readonly name: string
  readonly tags: readonly Tag[]
}): string | undefined {
  const given = model.tags.find(({ key }) => key === hubNameKey)?.value
  return [given, model.name].find((name) => name !== undefined && isHubName(name))
}

/** Refuses a tag that no client of the Hub could ask by. @throws INVALID_PARAMETER_VALUE */
export function checkHubName({ key, value }: Tag): void {
  if (key !== hubNameKey || isHubName(value)) return
  throw invalid(
    `Invalid value '${excerpt(value)}' of the tag '${hubNameKey}': a name on the Hub has at most ${partCharsMax} letters, digits, '-', '_' and '.', ` +
      "begins and ends with a letter, a digit or '_', and has no '--', no '..' and no '.git' at its end",
  )
}

/**
 * Run a write of a model's name or tags. Triggers fail it where a name would lead to two models of the
 * workspace: the tag of one and the name, or the tag, of another.
 *
 * @throws RESOURCE_ALREADY_EXISTS
 */
export async function refuseTakenHubName<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (err) {
    if (!(err instanceof ConstraintError) || err.subject !== 'the hub name is taken') throw err
    throw new RegistryError(
      'RESOURCE_ALREADY_EXISTS',
      `Another model of this workspace is known by that name, its own or that of its tag '${hubNameKey}'; choose another`,
      { cause: err },
    )
  }
}

/**
 * The model that clients of the Hub mean: the one whose tag gives it this name, or the one of this name.
 * There is one at most. Prompts are no models there.
 */
export async function findHubModel(
  ctx: Context,
  name: string,
): Promise<{ readonly id: number; readonly name: string } | undefined> {
  return ctx.db.first(sql<{ id: number; name: string }>`
    select m.id, m.name from (
      select m.id, m.workspace, m.name
      from registered_model_tags t cross join registered_models m on m.id = t.registered_model
      where t.key = 'gatehouse.hub_name' and t.value = ${name} and m.workspace = ${ctx.workspace}
      union
      select id, workspace, name from registered_models
      where workspace = ${ctx.workspace} and name = ${name}) m
    where not ${isPromptModel}`)
}
