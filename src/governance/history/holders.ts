import { mayAll } from '../../access/permissions/permitted.ts'
import { requireModelVersion } from '../../access/permissions/require.ts'
import { excerpt, invalid, notFound } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { checkAlias, isLatest, modelNotFound } from '../../registry/check-names.ts'
import { resolveStage } from '../../registry/stages/stages.ts'
import type { RunDataset } from '../../tracking/run-data/datasets.ts'
import { readVersionDatasets } from '../version-datasets.ts'
import { requireAudit } from './audit-scope.ts'
import { findModelNow, findModelThen, type ModelThen } from './model-then.ts'
import { parsed, readMoves, type Since, sinceFrom } from './since.ts'
import {
  findAliasHolderNow,
  findAliasHolderThen,
  findSpelling,
  type Placed,
  type PlacedPage,
  readStageNow,
  readStageThen,
} from './stage-log.ts'

/** A version in a stage or behind an alias, with how it came there and what it was made from. */
export type Holder = {
  readonly version: number
  /** How it came there; undefined where it was imported so, or was there before the audit log began. */
  readonly since: Since | undefined
  readonly source: string | undefined
  readonly runId: string | undefined
  /** The logged model behind it. */
  readonly modelId: string | undefined
  /** `sha256:` and hex; undefined when it is not sealed. */
  readonly digest: string | undefined
  /** As far as the caller may read its run. */
  readonly datasets: readonly RunDataset[]
}

/** The versions in a stage or behind an alias, and their model. */
export type Held = {
  readonly model: ModelThen
  /** The stage or the alias in its own spelling. */
  readonly place: string
  readonly holders: readonly Holder[]
}

/**
 * The versions in a stage, the highest number first: now, or at `atMs`, which is answered from the
 * audit log alone.
 *
 * @param wanted.stage in any case; for the past it may have been removed since
 * @throws RESOURCE_DOES_NOT_EXIST no such model, or not at that time
 * @throws PERMISSION_DENIED the caller may not read the model of that time
 */
export async function findStageHolders(
  ctx: Context,
  name: string,
  { atMs, ...page }: PlacedPage & { readonly atMs: number | undefined },
): Promise<Held> {
  const model = await findModelAt(ctx, name, atMs)
  if (atMs === undefined) {
    const canonical = await resolveStage(ctx, page.stage)
    const placed = await readStageNow(ctx, model, { ...page, stage: canonical })
    return { model, place: canonical, holders: await holdersOf(ctx, model, placed) }
  }
  const place =
    (await findSpelling(ctx, model, page.stage)) ?? (await resolveStage(ctx, page.stage))
  const placed = await readStageThen(ctx, model, { ...page, stage: place })
  return { model, place, holders: await holdersOf(ctx, model, placed) }
}

/**
 * The versions that are in several stages now, by stage, the highest number first.
 *
 * @param wanted.stages canonical
 * @param wanted.count so many of each at most
 */
export async function findServing(
  ctx: Context,
  name: string,
  { stages, count }: { readonly stages: readonly string[]; readonly count: number },
): Promise<ReadonlyMap<string, readonly Holder[]>> {
  if (stages.length === 0) return new Map()
  const model = await findModelAt(ctx, name, undefined)
  const before = Number.MAX_SAFE_INTEGER
  const placed = await Promise.all(
    stages.map((stage) => readStageNow(ctx, model, { stage, before, count })),
  )
  const all = await holdersOf(ctx, model, placed.flat())
  const byVersion = new Map(all.map((holder) => [holder.version, holder]))
  return new Map(
    stages.map((stage, i) => [
      stage,
      (placed[i] ?? []).flatMap(({ version }) => byVersion.get(version) ?? []),
    ]),
  )
}

/** As `findStageHolders`, for an alias: one version or none. */
export async function findAliasHolders(
  ctx: Context,
  name: string,
  { alias, atMs }: { readonly alias: string; readonly atMs: number | undefined },
): Promise<Held> {
  checkAlias(alias)
  if (isLatest(alias)) {
    throw invalid(
      "The alias 'latest' is held by nobody: it stands for the version of the highest number",
    )
  }
  const model = await findModelAt(ctx, name, atMs)
  const find = atMs === undefined ? findAliasHolderNow : findAliasHolderThen
  const placed = await find(ctx, model, alias)
  return { model, place: alias, holders: await holdersOf(ctx, model, placed ? [placed] : []) }
}

/**
 * The model that had the name then or, without a moment, has it now.
 *
 * @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED; INVALID_PARAMETER_VALUE its audit log begins later
 */
export async function findModelAt(
  ctx: Context,
  name: string,
  atMs: number | undefined,
): Promise<ModelThen> {
  if (atMs === undefined) {
    const now = await findModelNow(ctx, name)
    if (!now) throw modelNotFound(name)
    return now
  }
  const model = await findModelThen(ctx, name, atMs)
  await requireHistory(ctx, name, model)
  const when = new Date(atMs).toISOString()
  if (!model) throw notFound('At that time, registered model', `${excerpt(name)} (${when})`)
  const { isOlder, recordedSinceMs } = model
  if (isOlder && recordedSinceMs !== undefined && atMs < recordedSinceMs) {
    const begin = new Date(recordedSinceMs).toISOString()
    throw invalid(
      `The audit log of '${excerpt(name)}' begins at ${begin} and cannot tell what was at ${when}`,
    )
  }
  return model
}

/**
 * The past of a model is for those who may read it today; that of a deleted model, for those who
 * may read the audit log.
 *
 * @param model undefined: there was none, which everybody may know who may read the name
 */
async function requireHistory(
  ctx: Context,
  name: string,
  model: ModelThen | undefined,
): Promise<void> {
  if (mayAll(ctx)) return
  if (!model) return requireModelVersion(ctx, name, 'READ')
  if (model.nameNow !== undefined) return requireModelVersion(ctx, model.nameNow, 'READ')
  const only = await requireAudit(ctx, model.nameThen)
  if (only === undefined || only.models.includes(model.registeredModel)) return
  throw modelNotFound(name)
}

/** What the first audit entry of a version says about it, which never changes. */
type Made = Partial<Record<'source' | 'run_id' | 'model_id' | 'digest', string | null>>

/** The versions of one model that are or were in a place, in the order given. */
async function holdersOf(
  ctx: Context,
  model: ModelThen,
  placed: readonly Placed[],
): Promise<Holder[]> {
  const found = await readHolders(
    ctx,
    placed.map((one) => ({ ...one, model })),
  )
  return found.map(({ holder }) => holder)
}

/** How versions of several models came where they are or were, in the order given. */
export async function readHolders(
  ctx: Context,
  placed: readonly (Placed & { readonly model: ModelThen })[],
): Promise<{ readonly model: ModelThen; readonly holder: Holder }[]> {
  const rows = await readMoves(ctx, placed)
  const made = rows.map((row): Made => parsed(row.made) ?? {})
  const datasets = await readVersionDatasets(
    ctx,
    rows.flatMap(({ id }, i) => (id === null ? [] : [{ id, runId: made[i]?.run_id }])),
  )
  return placed.flatMap(({ model }, i) => {
    const row = rows[i]
    if (!row) return []
    const { source, run_id, model_id, digest } = made[i] ?? {}
    const holder = {
      version: row.version,
      since: sinceFrom(row),
      source: source ?? undefined,
      runId: run_id || undefined,
      modelId: model_id || undefined,
      digest: digest ?? undefined,
      datasets: datasets.get(row.id ?? 0) ?? [],
    }
    return [{ model, holder }]
  })
}
