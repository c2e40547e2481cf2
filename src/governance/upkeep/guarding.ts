import { type SQL, sql } from 'drizzle-orm'
import { matchesGlob } from '../../core/glob.ts'
import type { Context } from '../../platform/context.ts'
import { checkStages, type Stage } from '../../registry/stages/check-stages.ts'
import { replaceStages } from '../../registry/stages/stage-list.ts'
import { targetOf } from '../approval-status.ts'
import {
  deletePolicy,
  newestRevision,
  type PolicyRow,
  policiesFromRows,
  policyChanged,
  putPolicy,
  selectPolicies,
} from '../policies/policies.ts'
import type { Policy, PolicyDocument } from '../policies/policy.ts'
import { areStages, type GovernedState, runSettling, type Settled } from './settling.ts'
import { supersedeStageless, supersedeStatements } from './superseding.ts'

/**
 * `deletePolicy`, which settles approvals and requests, and closes those that no policy guards any more.
 *
 * @param wanted.seen the revision that the caller read; absent: any
 */
export function removePolicy(ctx: Context, wanted: Pick<PolicyChange, 'name' | 'seen'>) {
  return changePolicy(ctx, wanted, (settling) => deletePolicy(settling, wanted.name))
}

/**
 * `putPolicy`, which settles approvals and requests, and closes those that no policy guards any more.
 *
 * @param wanted.seen the revision that the caller read, 0 for none; absent: any
 */
export function setPolicy(
  ctx: Context,
  wanted: PolicyChange & { readonly document: PolicyDocument },
): Promise<Policy> {
  const { name, document } = wanted
  return changePolicy(ctx, wanted, (settling) => putPolicy(settling, name, document))
}

/** `replaceStages`, which settles approvals and closes the open requests for stages that are removed. */
export async function setStages(
  ctx: Context,
  wanted: readonly Stage[],
  seen?: readonly Stage[],
): Promise<Stage[]> {
  const names = checkStages(wanted).map(({ name }) => name)
  return runSettling(ctx, {
    // The list is that of the whole server.
    workspaces: sql`select name from workspaces`,
    settle: (before) => ({
      after: { ...before, stages: names.map((name) => ({ name })) },
      isMade: areStages(names),
      closing: supersedeStageless(ctx),
    }),
    change: (settling) => replaceStages(settling, wanted, seen),
  })
}

type PolicyChange = {
  readonly name: string
  /** The new document; absent: the policy is deleted. */
  readonly document?: PolicyDocument
  readonly seen?: number | undefined
}

/** @throws RESOURCE_CONFLICT somebody else changed the policy meanwhile */
function changePolicy<T>(
  ctx: Context,
  { name, document, seen }: PolicyChange,
  change: (settling: Context) => Promise<T>,
): Promise<T> {
  let first = seen
  return runSettling(ctx, {
    workspaces: sql`${ctx.workspace}`,
    settle: (before) => {
      const row = before.policies.find((policy) => policy.name === name)
      const revision = row?.revision ?? 0
      first ??= revision
      // Another change was made since the caller read it: that is not overwritten unseen.
      if (revision !== first) throw policyChanged(name)
      return settlePolicy(ctx, before, { name, row, document })
    },
    change,
  })
}

type ChangedPolicy = {
  readonly name: string
  readonly row: PolicyRow | undefined
  readonly document: PolicyDocument | undefined
}

function settlePolicy(
  ctx: Context,
  before: GovernedState,
  { name, row, document }: ChangedPolicy,
): Settled {
  const others = before.policies.filter((policy) => policy !== row)
  const put = document && {
    ...(row ?? newRow(ctx, before, name)),
    document: JSON.stringify(document),
  }
  const policies = put ? [...others, put] : others
  const globs = policiesFromRows([row, put].flatMap((of) => of ?? [])).map(
    ({ document: { applies_to } }) => applies_to.models,
  )
  const isMade = sql`${newestRevision} > ${before.newest[0]?.revision ?? 0}`
  return {
    after: {
      ...before,
      policies,
      made: [...before.made, { policy: newPolicyId, at_ms: ctx.now(), name }],
      models: before.models.filter((model) => globs.some((glob) => matchesGlob(glob, model.name))),
    },
    isMade,
    closing: closeUnguarded(ctx, before, { policies, isMade }),
  }
}

/** Stands for the id that the database will give. */
const newPolicyId = -1

/** A policy that is made now, or made again, in the form of its row. */
function newRow(ctx: Context, { made }: GovernedState, name: string): PolicyRow {
  return {
    id: made.find((policy) => policy.name === name)?.policy ?? newPolicyId,
    workspace: ctx.workspace,
    name,
    revision: 1,
    document: '',
    accounts: '{}',
    updated_at_ms: ctx.now(),
    deleted_at_ms: null,
  }
}

type Unguarded = {
  /** After the change. */
  readonly policies: readonly PolicyRow[]
  readonly isMade: SQL
}

/** The statements that close the open requests for places that a change leaves unguarded. */
function closeUnguarded(ctx: Context, before: GovernedState, { policies, isMade }: Unguarded) {
  const were = policiesFromRows(before.policies)
  const are = policiesFromRows(policies)
  const unguarded = before.open.flatMap(({ id, model, ...row }) => {
    const target = targetOf(row)
    const wasGuarded = selectPolicies(were, model, target).length > 0
    return wasGuarded && selectPolicies(are, model, target).length === 0 ? [id] : []
  })
  if (unguarded.length === 0) return []
  return supersedeStatements(ctx, {
    which: sql`id in (select value from json_each(${JSON.stringify(unguarded)})) and ${isMade}`,
    reason: sql`'the policy that guarded its target does so no longer'`,
  })
}
