import { type SQL, sql } from 'drizzle-orm'
import { letOthersRun } from '../core/rounds.ts'
import type { Database } from '../db/database.ts'
import { type ActionGroup, actionGroups } from './action-groups.ts'
import type { Action } from './actions.ts'
import { type AuditEntryRow, entryColumns, type SealedEntry, sealedEntryFrom } from './entry.ts'

/** Which entries are wanted: those for which all of this holds. */
export type EntryFilter = {
  readonly workspace?: string | undefined
  /** `registered_models.id` */
  readonly registeredModel?: number | undefined
  /** The name that the model had at that moment. */
  readonly model?: string | undefined
  /** Of prompts, or of models alone. */
  readonly isPrompt?: boolean
  /**
   * Only entries of these models (`registered_models.id`), and of those that name a model without its
   * id, as refusals do, only later ones than `afterSeq`.
   */
  readonly only?: { readonly models: readonly number[]; readonly afterSeq: number } | undefined
  readonly version?: number | undefined
  /** A principal's name. */
  readonly actor?: string | undefined
  readonly action?: Action | undefined
  /** An action of this group. */
  readonly group?: ActionGroup | undefined
  /** Of a version that came into this stage, or left it. */
  readonly stage?: string | undefined
  /** Of moves that were made past their gates. */
  readonly isBreakGlass?: true | undefined
  /** Unix milliseconds: not before, and before. */
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** Bounds of what is read at once, in entries and in characters, since an entry may be large. */
const batchCount = 250
const batchChars = 2_000_000

/** Up to `countMax` entries with a lower number than `beforeSeq`, newest first; fewer where they are large. */
export async function readEntriesBefore(
  db: Database,
  filter: EntryFilter,
  { beforeSeq, countMax }: { readonly beforeSeq: number; readonly countMax: number },
): Promise<SealedEntry[]> {
  const where = sql`${conditionsSql(filter)} and e.seq < ${beforeSeq}`
  return readEntries(db, filter, { where, direction: sql`desc`, count: countMax })
}

/** One batch of entries with a higher number than `afterSeq` up to `lastSeq`, oldest first; `countMax` at most. */
export async function readEntriesAfter(
  db: Database,
  filter: EntryFilter,
  {
    afterSeq,
    lastSeq = Number.MAX_SAFE_INTEGER,
    countMax = batchCount,
  }: { readonly afterSeq: number; readonly lastSeq?: number; readonly countMax?: number },
): Promise<SealedEntry[]> {
  const where = sql`${conditionsSql(filter)} and e.seq > ${afterSeq} and e.seq <= ${lastSeq}`
  return readEntries(db, filter, { where, direction: sql`asc`, count: countMax })
}

/** All entries up to `lastSeq` in batches, oldest first, negative numbers included. */
export async function* readEntryBatches(
  db: Database,
  filter: EntryFilter,
  lastSeq: number,
): AsyncGenerator<SealedEntry[]> {
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const batch = await readEntriesAfter(db, filter, { afterSeq: after, lastSeq })
    const last = batch.at(-1)
    if (!last) return
    yield batch
    after = last.entry.seq
    await letOthersRun()
  }
}

/** The highest number that was given out, 0 for none. */
export async function readLastSeq(db: Database): Promise<number> {
  const row = await db.first(sql<{ seq: number | null }>`select max(seq) as seq from audit_entries`)
  return row?.seq ?? 0
}

type Wanted = { readonly where: SQL; readonly direction: SQL; readonly count: number }

async function readEntries(
  db: Database,
  { group }: EntryFilter,
  wanted: Wanted,
): Promise<SealedEntry[]> {
  const { direction, count } = wanted
  const where = group === undefined ? wanted.where : isOfGroup(group, wanted)
  const rows = await db.all(sql<AuditEntryRow>`
    with page as (
      select ${entryColumns}, length(e.actor) + length(coalesce(e.before, ''))
        + length(coalesce(e.after, '')) + length(coalesce(e.reason, '')) as chars
      from audit_entries e left join audit_seals s on s.seq = e.seq
      where ${where} order by e.seq ${direction} limit ${count})
    select * from (
      select *, sum(chars) over (order by seq ${direction} rows unbounded preceding) - chars as ahead
      from page)
    where ahead < ${batchChars} order by seq ${direction}`)
  return rows.map(sealedEntryFrom)
}

/**
 * The first entries of each action, by its index: a group may be as rare, or as large, as the log is long,
 * and neither all of the log nor all of the group is read.
 */
function isOfGroup(group: ActionGroup, { where, direction, count }: Wanted): SQL {
  return sql`e.seq in (
    select found.seq from json_each(${JSON.stringify(actionGroups[group])}) wanted
    cross join audit_entries found on found.seq in (
      select e.seq from audit_entries e where e.action = wanted.value and ${where}
      order by e.seq ${direction} limit ${count}))`
}

function conditionsSql(filter: EntryFilter): SQL {
  const { workspace, registeredModel, model, only, version, actor, action } = filter
  const { stage, isPrompt, isBreakGlass, sinceMs, untilMs } = filter
  const all = [
    ...(workspace === undefined ? [] : [inWorkspace(workspace, model !== undefined)]),
    ...(registeredModel === undefined ? [] : [sql`e.registered_model = ${registeredModel}`]),
    ...(model === undefined ? [] : [sql`e.model = ${model}`]),
    ...(isPrompt === undefined ? [] : [sql`e.is_prompt = ${isPrompt ? 1 : 0}`]),
    ...(only === undefined
      ? []
      : [
          sql`iif(e.registered_model is null, e.seq > ${only.afterSeq}, e.registered_model in (
            select value from json_each(${JSON.stringify(only.models)})))`,
        ]),
    ...(version === undefined ? [] : [sql`e.version = ${version}`]),
    ...(actor === undefined ? [] : [sql`json_extract(e.actor, '$.name') = ${actor}`]),
    ...(action === undefined ? [] : [sql`e.action = ${action}`]),
    ...(stage === undefined ? [] : [isOfStage(stage)]),
    ...(isBreakGlass ? [sql`e.after ->> 'break_glass' = 1`] : []),
    ...(sinceMs === undefined ? [] : [sql`e.at_ms >= ${sinceMs}`]),
    ...(untilMs === undefined ? [] : [sql`e.at_ms < ${untilMs}`]),
  ]
  return all.length === 0 ? sql`1` : sql.join(all, sql` and `)
}

/** Stages are compared as they are written, or with small letters for great ones. */
function isOfStage(stage: string): SQL {
  return sql`lower(${stage}) in (lower(e.before ->> 'stage'), lower(e.after ->> 'stage'))`
}

/** The index by workspace is one by model: without a model, all entries would be read and then sorted. */
function inWorkspace(workspace: string, isOfModel: boolean): SQL {
  return isOfModel ? sql`e.workspace = ${workspace}` : sql`+e.workspace = ${workspace}`
}
