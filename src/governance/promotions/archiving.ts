import { type SQL, sql } from 'drizzle-orm'
import { excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { archivedStage } from '../../registry/stages/stages.ts'
import { selectPolicies } from '../policies/policies.ts'
import type { Policy, PromotionTarget } from '../policies/policy.ts'

/** The versions that a move into a stage would archive, and the policies that guard Archived. */
export type Archiving = {
  readonly others: OthersInStage
  /** Of the model. */
  readonly policies: readonly Policy[]
}

export type OthersInStage = {
  readonly count: number
  /** The lowest number; null: there are none. */
  readonly first: number | null
}

/** The versions of a version's model that are in a stage beside it; one row. @param id `model_versions.id` */
export function othersRead(id: number, { stage }: PromotionTarget): SQL<OthersInStage> {
  return sql<OthersInStage>`select count(*) as count, min(version) as first from model_versions
    where registered_model = (select registered_model from model_versions where id = ${id})
      and stage = ${stage ?? null} and id <> ${id}`
}

/** What archiving the others would take. @param policies of the workspace */
export function archivingOf(
  policies: readonly Policy[],
  model: string,
  [others = { count: 0, first: null }]: readonly OthersInStage[],
): Archiving {
  return { others, policies: selectPolicies(policies, model, { stage: archivedStage }) }
}

/** Whether versions of the model other than this one are in a stage. @param id `model_versions.id` */
export async function areOthersInStage(ctx: Context, id: number, stage: string): Promise<boolean> {
  return ((await ctx.db.first(othersRead(id, { stage })))?.count ?? 0) > 0
}

/**
 * Refuse to put versions into Archived on the way where a policy guards it: nobody judged or signed
 * that they may go there.
 *
 * @throws PERMISSION_DENIED
 */
export function refuseArchiving(archiving: Archiving): void {
  const [policy] = archiving.policies
  if (!policy || archiving.others.first === null) return
  throw new RegistryError(
    'PERMISSION_DENIED',
    `Policy '${excerpt(policy.name)}' guards ${archivedStage}, so nothing was moved: ${whyNotArchived(archiving)}`,
  )
}

/** What is to be done before the move, as a part of a sentence. */
export function whyNotArchived({ others: { count, first } }: Archiving): string {
  const who = count === 1 ? `version ${first}` : `version ${first} and ${count - 1} more`
  return `${who} would go to ${archivedStage}, which takes a request of its own for each; move them there first, or leave them where they are`
}
