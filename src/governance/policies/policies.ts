import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { conflict, excerpt, invalid, notFound } from '../../core/error.ts'
import { matchesGlob } from '../../core/glob.ts'
import { isAddressable } from '../../core/names.ts'
import { matchesPlace, placeKey } from '../../core/place.ts'
import { type PrincipalRecord, principalText } from '../../core/principal.ts'
import { ConstraintError, type Database } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { isActive, resolveStages } from '../../registry/stages/stages.ts'
import type { policies } from '../tables.ts'
import { documentBound, refuseMoreText, refuseTooMany } from './bounds.ts'
import { checkExpressionGate } from './expressions/name-figures.ts'
import { resolveNamed } from './named.ts'
import type { NamedAccounts, Policy, PolicyDocument, PromotionTarget } from './policy.ts'
import { checkDeploymentTerms } from './policy-body.ts'
import { checkTraceExperiments, checkTraceGate } from './trace-gate.ts'

export type PolicyRow = typeof policies.$inferSelect

/** The number of the newest change of any policy, as SQL; 0: there was none. */
export const newestRevision = sql`(select coalesce(max(id), 0) from policy_revisions)`

/** Every policy of the workspace, by name. */
export async function listPolicies(ctx: Context): Promise<Policy[]> {
  return policiesFromRows(await ctx.db.all(policyRead(ctx)))
}

/** Every policy of every workspace. */
export async function listEveryPolicy(db: Database): Promise<Policy[]> {
  const rows = sql<PolicyRow>`select * from policies where deleted_at_ms is null`
  return policiesFromRows(await db.all(rows))
}

/**
 * The statement behind `listPolicies`, for a batch; `policiesFromRows` takes its rows.
 *
 * @param workspaces a select of names: by default the context's workspace
 */
export function policyRead(ctx: Context, workspaces = sql`${ctx.workspace}`): SQL<PolicyRow> {
  return sql<PolicyRow>`select * from policies where workspace in (${workspaces})
    and deleted_at_ms is null order by name`
}

export function policiesFromRows(rows: readonly PolicyRow[]): Policy[] {
  return rows.map(policyFrom)
}

/** The policies of each workspace. */
export function groupPolicies(
  rows: readonly PolicyRow[],
): (workspace: string) => readonly Policy[] {
  const groups = Map.groupBy(rows, ({ workspace }) => workspace)
  const policies = new Map([...groups].map(([name, own]) => [name, policiesFromRows(own)]))
  return (workspace) => policies.get(workspace) ?? []
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getPolicy(ctx: Context, name: string): Promise<Policy> {
  const row = await ctx.db.first(
    sql<PolicyRow>`select * from policies where ${isPolicy(ctx, name)}`,
  )
  if (!row) throw notFound('Policy', name)
  return policyFrom(row)
}

/** All policies that guard `target` of a model; they apply together. By name. */
export async function readPoliciesFor(
  ctx: Context,
  model: string,
  target: PromotionTarget,
): Promise<Policy[]> {
  return selectPolicies(await listPolicies(ctx), model, target)
}

/** Those of `policies` that guard `target` of a model. */
export function selectPolicies(
  policies: readonly Policy[],
  model: string,
  target: PromotionTarget,
): Policy[] {
  return policies.filter(
    ({ document: { applies_to } }) =>
      matchesGlob(applies_to.models, model) && guardsPlace(applies_to, target),
  )
}

/**
 * Whether a policy guards a place: a stage and an alias of one name are one place. No glob of aliases
 * matches None or Archived, so that versions can always leave other places.
 */
export function guardsPlace(
  { stage, alias }: PolicyDocument['applies_to'],
  target: PromotionTarget,
): boolean {
  if (stage !== undefined) return placeKey(stage) === placeKey(target.alias ?? target.stage)
  if (alias === undefined) return false
  if (target.alias !== undefined) return matchesPlace(alias, target.alias)
  return (isActive(target.stage) || !alias.includes('*')) && matchesPlace(alias, target.stage)
}

/**
 * Write a policy: a new one, or the next revision of one that is there. If it says the same
 * already, of the same accounts, nothing changes.
 *
 * @throws INVALID_PARAMETER_VALUE an expression, a stage or the target is not valid; no address can name
 *   it; or the caller has made too many policies, or too long ones
 * @throws RESOURCE_CONFLICT somebody else changed it at the same moment
 */
export async function putPolicy(
  ctx: Context,
  name: string,
  document: PolicyDocument,
): Promise<Policy> {
  const before = await ctx.db.first(
    sql<PolicyRow>`select * from policies where workspace = ${ctx.workspace} and name = ${name}`,
  )
  const text = JSON.stringify(document)
  const isThere = before?.deleted_at_ms === null
  const isPut = isThere && before.document === text
  // What was accepted once stays valid, though its stage was removed since.
  const accounts = isPut ? await resolveNamed(ctx, document) : await checkDocument(ctx, document)
  if (isPut && isSameNamed(before.accounts, accounts)) return policyFrom(before)
  if (!isThere) await refuseNew(ctx, name)
  const named = JSON.stringify(accounts)
  const now = ctx.now()
  const revision = (before?.revision ?? 0) + 1
  const write = before
    ? sql`update policies set revision = ${revision}, document = ${text}, accounts = ${named}, updated_at_ms = ${now},
        deleted_at_ms = null where id = ${before.id} and revision = ${before.revision}`
    : sql`insert into policies (workspace, name, revision, document, accounts, updated_at_ms)
        values (${ctx.workspace}, ${name}, ${revision}, ${text}, ${named}, ${now})`
  try {
    const written = commit(ctx, {
      write,
      revision: revisionInsert(ctx, name, { revision, document: text }),
      entry: entryStatement(ctx, {
        action: isThere ? 'policy.changed' : 'policy.created',
        from: sql`policies p where p.workspace = ${ctx.workspace} and p.name = ${name}`,
        before: before ? revisionJson(name, before.revision, before.document) : undefined,
        after: revisionJson(name, revision, text),
      }),
      bound: documentBound(ctx),
    })
    await refuseMoreText(ctx, written)
  } catch (err) {
    if (err instanceof ConstraintError && err.kind === 'unique') throw policyChanged(name)
    throw err
  }
  return getPolicy(ctx, name)
}

/**
 * @throws RESOURCE_DOES_NOT_EXIST there is no such policy
 * @throws RESOURCE_CONFLICT somebody else changed it at the same moment
 */
export async function deletePolicy(ctx: Context, name: string): Promise<void> {
  const { revision, document } = await getPolicy(ctx, name)
  try {
    await commit(ctx, {
      write: sql`update policies set revision = ${revision + 1}, deleted_at_ms = ${ctx.now()}
        where ${isPolicy(ctx, name)} and revision = ${revision}`,
      revision: revisionInsert(ctx, name, { revision: revision + 1, document: null }),
      entry: entryStatement(ctx, {
        action: 'policy.deleted',
        from: sql`policies p where p.workspace = ${ctx.workspace} and p.name = ${name}`,
        before: revisionJson(name, revision, JSON.stringify(document)),
      }),
    })
  } catch (err) {
    if (err instanceof ConstraintError && err.kind === 'unique') throw policyChanged(name)
    throw err
  }
}

async function refuseNew(ctx: Context, name: string): Promise<void> {
  if (!isAddressable(name)) {
    throw invalid(`A policy cannot be called '${excerpt(name)}': it would name another path`)
  }
  await refuseTooMany(ctx)
}

export type PolicyRevision = {
  readonly revision: number
  /** Null: this revision deleted the policy. */
  readonly document: PolicyDocument | null
  readonly author: PrincipalRecord
  readonly atMs: number
}

/** Every revision of a policy, newest first. @throws RESOURCE_DOES_NOT_EXIST the name is unknown */
export async function listPolicyRevisions(
  ctx: Context,
  name: string,
  { before, count }: { readonly before: number; readonly count: number },
): Promise<PolicyRevision[]> {
  type Row = { revision: number; document: string | null; author: string; at_ms: number }
  const rows = await ctx.db.all(sql<Row>`select r.revision, r.document, r.author, r.at_ms
    from policies p join policy_revisions r on r.policy = p.id
    where p.workspace = ${ctx.workspace} and p.name = ${name}
      and r.revision < ${before} order by r.revision desc limit ${count}`)
  if (rows.length === 0) throw notFound('Policy', name)
  return rows.map((row) => ({
    revision: row.revision,
    document: row.document === null ? null : JSON.parse(row.document),
    author: JSON.parse(row.author),
    atMs: row.at_ms,
  }))
}

function policyFrom(row: PolicyRow): Policy {
  return {
    id: row.id,
    name: row.name,
    revision: row.revision,
    document: JSON.parse(row.document),
    accounts: JSON.parse(row.accounts),
    updatedAtMs: row.updated_at_ms,
  }
}

function isPolicy(ctx: Context, name: string): SQL {
  return sql`workspace = ${ctx.workspace} and name = ${name} and deleted_at_ms is null`
}

/** Fails the batch if another writer made the revision first: its number is unique. */
function revisionInsert(
  ctx: Context,
  name: string,
  { revision, document }: { readonly revision: number; readonly document: string | null },
): SQL {
  return sql`insert into policy_revisions (policy, revision, document, author, at_ms)
    select id, ${revision}, ${document}, ${principalText(ctx.principal)},
      ${ctx.now()}
    from policies where workspace = ${ctx.workspace} and name = ${name}`
}

function revisionJson(name: string, revision: number, document: string): SQL {
  return sql`json_object('policy', ${name}, 'revision', ${revision}, 'document', json(${document}))`
}

/** The error of a change that another one came before: 409. */
export function policyChanged(name: string): Error {
  return conflict(`Policy '${excerpt(name)}' was changed by somebody else meanwhile; read it again`)
}

/** Whether two policies say the same, whatever the order of their parts. */
function isSameNamed(stored: string, accounts: NamedAccounts): boolean {
  const before: NamedAccounts = JSON.parse(stored)
  const words = Object.keys(accounts)
  return (
    words.length === Object.keys(before).length &&
    words.every((word) => accounts[word] === String(before[word]))
  )
}

/**
 * @returns the accounts that the document names
 * @throws INVALID_PARAMETER_VALUE an expression, a stage, a name or the target is not valid
 */
export async function checkDocument(
  ctx: Context,
  document: PolicyDocument,
): Promise<NamedAccounts> {
  const { applies_to, gates } = document
  const { stage, alias, deployment } = applies_to
  if ([stage, alias, deployment].filter((place) => place !== undefined).length !== 1) {
    throw invalid("'applies_to' names either a stage, an alias or a deployment")
  }
  if (deployment !== undefined) checkDeploymentTerms(document)
  const soaked = gates.flatMap((gate) => (gate.type === 'soak' ? [gate.stage] : []))
  await resolveStages(ctx, [...(applies_to.stage ? [applies_to.stage] : []), ...soaked])
  const names = new Set<string>()
  for (const gate of gates) {
    if (names.has(gate.name)) throw invalid(`Two gates are called '${excerpt(gate.name)}'`)
    names.add(gate.name)
    if (gate.type === 'expression') checkExpressionGate(gate)
    if (gate.type === 'traces') checkTraceGate(gate)
  }
  await checkTraceExperiments(ctx, gates)
  return resolveNamed(ctx, document)
}
