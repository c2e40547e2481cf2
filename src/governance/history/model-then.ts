import { type SQL, sql } from 'drizzle-orm'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { Context } from '../../platform/context.ts'
import { clocksApartMsMax } from './moment.ts'

/** A registered model at a moment, from the audit log. */
export type ModelThen = {
  /** `registered_models.id`, which stays when the model is renamed and is never reused. */
  readonly registeredModel: number
  /** Its name at that moment. */
  readonly nameThen: string
  /** Its name today; undefined when it has been deleted since. */
  readonly nameNow: string | undefined
  /** When its audit log begins, in Unix milliseconds. Undefined: it has no entries. */
  readonly recordedSinceMs: number | undefined
  /** The model was there before its audit log began. */
  readonly isOlder: boolean
  /** The last entry of the log that had been written by then. */
  readonly lastSeq: number
}

/**
 * A scalar select: the last entry of the log at `atMs`, or 0 before the first. Later entries with
 * earlier times were written while a clock was set back, and are included. If the log has times
 * that are in the future, as it may after that, the present is the end of the log.
 */
export function lastSeqAt(ctx: Context, atMs: number): SQL {
  const nowMs = ctx.now()
  const isPresent = atMs >= nowMs - clocksApartMsMax ? sql`1` : sql`0`
  return sql`select iif(${isPresent} and
      exists (select 1 from audit_entries where at_ms > ${nowMs + clocksApartMsMax}),
      (select max(seq) from audit_entries),
      coalesce((select seq - 1 from audit_entries where seq > s.seq and at_ms > ${atMs}
        order by seq limit 1), (select max(seq) from audit_entries), 0))
    from (select coalesce(max(seq), 0) as seq from audit_entries where at_ms <= ${atMs}
      and at_ms >= (select max(at_ms) from audit_entries where at_ms <= ${atMs}) - ${clocksApartMsMax}) s`
}

/**
 * An entry that was written from the rows of an existing model, under its name at the time. Entries
 * of promotions have the name from when they were opened; refusals have the name from the refused
 * call.
 */
const tells = sql`(action glob 'registered_model.*' or action glob 'model_version.*')`

type Candidates = {
  last_seq: number
  next_id: number | null
  next_is_first: number | null
  next_action: string | null
  today_id: number | null
}

/**
 * The model that `name` means at `atMs`: the one that had this name at that moment or, if none had,
 * the one that has it today, under its name of that time. Undefined when neither was there.
 *
 * A model writes an entry under its name before it loses it. So the model that had the name at that
 * moment wrote the next entry under it, as its own next entry. If there is no such entry, the model
 * has the name still.
 */
export async function findModelThen(
  ctx: Context,
  name: string,
  atMs: number,
): Promise<ModelThen | undefined> {
  const found = await ctx.db.first(sql<Candidates>`
    with last (seq) as (${lastSeqAt(ctx, atMs)}),
    next (seq, id, action) as (
      select seq, registered_model, action from audit_entries
      where workspace = ${ctx.workspace} and model = ${name} and seq > (select seq from last)
        and ${tells} order by seq limit 1)
    select last.seq as last_seq, next.id as next_id, next.action as next_action,
      next.seq = (select min(o.seq) from ${modelEntriesSql('o')}
        where o.registered_model = next.id and o.seq > last.seq and ${tells}) as next_is_first,
      (select id from registered_models
        where workspace = ${ctx.workspace} and name = ${name}) as today_id
    from last left join next`)
  if (!found) return undefined
  const hadIt = found.next_is_first === 1 && !isFirstEntry(found.next_action)
  const id = hadIt ? found.next_id : found.today_id
  return id === null ? undefined : describe(ctx, id, found.last_seq)
}

/** A model as it is now, at the end of its log. Undefined when no model has this name. */
export async function findModelNow(ctx: Context, name: string): Promise<ModelThen | undefined> {
  const row = await ctx.db.first(sql<{ id: number }>`
    select id from registered_models where workspace = ${ctx.workspace} and name = ${name}`)
  return row && describe(ctx, row.id, Number.MAX_SAFE_INTEGER)
}

function isFirstEntry(action: string | null): boolean {
  return /^registered_model\.(?:created|recorded|imported)$/.test(action ?? '')
}

type Described = {
  id: number
  first_action: string | null
  first_seq: number | null
  first_at_ms: number | null
  name_next: string | null
  name_now: string | null
}

/** Undefined for a model that was created later. */
async function describe(ctx: Context, id: number, lastSeq: number): Promise<ModelThen | undefined> {
  const [model] = await readModelsThen(ctx, [id], lastSeq)
  return model
}

/**
 * Models as they were when entry `lastSeq` had been written; without those that were not there, since they
 * were created later or had been deleted.
 */
export async function readModelsThen(
  ctx: Context,
  ids: readonly number[],
  lastSeq: number,
): Promise<ModelThen[]> {
  const rows = await ctx.db.all(sql<Described>`
    select w.value as id, first.action as first_action, first.seq as first_seq,
      first.at_ms as first_at_ms,
      (select model from ${modelEntriesSql()} where registered_model = w.value and seq > ${lastSeq}
        and ${tells} order by seq limit 1) as name_next,
      (select m.name from registered_models m where m.id = w.value) as name_now
    from json_each(${JSON.stringify(ids)}) w left join audit_entries first on first.seq = (
      select min(seq) from ${modelEntriesSql()} where registered_model = w.value and ${tells})
    order by w.key`)
  return rows.flatMap((row) => modelFrom(row, lastSeq) ?? [])
}

function modelFrom(row: Described, lastSeq: number): ModelThen | undefined {
  const nameThen = row.name_next ?? row.name_now
  const isOlder = row.first_action === 'registered_model.recorded'
  const isLater = (row.first_seq ?? 0) > lastSeq && !isOlder
  if (isLater || !nameThen) return undefined
  return {
    registeredModel: row.id,
    nameThen,
    nameNow: row.name_now ?? undefined,
    recordedSinceMs: row.first_at_ms ?? undefined,
    isOlder,
    lastSeq,
  }
}
