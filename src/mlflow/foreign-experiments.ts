import { absent } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { Context } from '../platform/context.ts'
import { findOwnExperiments } from '../transfer/find-own-experiments.ts'
import type { Fields, Message } from './wire/message.ts'

/**
 * The fields of a request in which an experiment that was imported is named by the id that it had before.
 * That is told only of ids beyond 2^53, as file stores and Databricks give them out: no experiment here
 * has one, and a number would round it.
 *
 * @throws RESOURCE_DOES_NOT_EXIST the one experiment that is meant was not imported
 */
export async function replaceForeignIds(
  ctx: Context,
  { fields: known }: Message<Fields>,
  given: object,
): Promise<object> {
  const sent = given as Readonly<Record<string, unknown>>
  const fields = ['experiment_id', 'experiment_ids'].flatMap((name) =>
    name in known ? [name, name.replace('_i', 'I')].filter((spelling) => spelling in sent) : [],
  )
  const foreign = fields.flatMap((name) => [sent[name]].flat().flatMap(foreignId))
  if (foreign.length === 0) return given
  const own = await findOwnExperiments(ctx, foreign)
  const replaced = fields.map((name) => {
    const value = sent[name]
    if (Array.isArray(value))
      return [name, value.map((id) => own.get(foreignId(id)[0] ?? '') ?? id)]
    const [id] = foreignId(value)
    if (id === undefined) return [name, value]
    const found = own.get(id)
    // Permissions may be given on what does not exist.
    if (found === undefined && known.experiment_id?.type !== 'experiment_id') return [name, value]
    if (found === undefined) throw absent(`${messages.noExperiment(id)}; check the id`)
    return [name, found]
  })
  return { ...given, ...Object.fromEntries(replaced) }
}

/** The digits of an id that no experiment here can have; nothing for any other value. */
function foreignId(value: unknown): string[] {
  const digits = typeof value === 'string' ? /^\s*\+?0*(\d{16,})\s*$/.exec(value)?.[1] : undefined
  return digits !== undefined && !Number.isSafeInteger(Number(digits)) ? [digits] : []
}
