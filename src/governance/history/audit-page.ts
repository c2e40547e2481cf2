import { requireAdmin, requireRight } from '../../access/permissions/require.ts'
import type { SealedEntry } from '../../audit/entry.ts'
import { type EntryFilter, readEntriesAfter, readEntriesBefore } from '../../audit/read-entries.ts'
import { notFound, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { Beside } from '../../search/page.ts'
import { requireAudit } from './audit-scope.ts'

/** Which entries a reader of the audit log wants: those for which all of this holds. */
export type AuditQuery = Omit<EntryFilter, 'workspace' | 'only'>

/** What a query finds for the caller. @throws PERMISSION_DENIED the caller may read none of it */
export async function auditFilterOf(ctx: Context, query: AuditQuery): Promise<EntryFilter> {
  const isOfWorkspace = query.model !== undefined || ctx.settings.workspaces
  return {
    ...(isOfWorkspace && { workspace: ctx.workspace }),
    ...query,
    only: await requireAudit(ctx, query.model),
  }
}

/** Who may read the head of the chain and verify it, since the chain is one over all workspaces. */
export async function requireWholeAudit(ctx: Context): Promise<void> {
  if (ctx.settings.workspaces) return requireAdmin(ctx)
  await requireRight(ctx, 'read_audit')
}

/** A part of the audit log, newest first. */
export type AuditPage = {
  readonly entries: readonly SealedEntry[]
  /** The list goes on with lower numbers than this; undefined: it does not. */
  readonly next: number | undefined
}

/** Up to `count` entries with lower numbers than `before`; fewer where they are large. */
export async function readAuditPage(
  ctx: Context,
  filter: EntryFilter,
  { before, count }: { readonly before: number; readonly count: number },
): Promise<AuditPage> {
  const entries = await readEntriesBefore(ctx.db, filter, { beforeSeq: before, countMax: count })
  const last = entries.at(-1)?.entry.seq
  // A page of large entries is cut short, so that its length does not tell whether it is the last.
  const isLast =
    last === undefined ||
    (await readEntriesBefore(ctx.db, filter, { beforeSeq: last, countMax: 1 })).length === 0
  return { entries, next: isLast ? undefined : last }
}

/**
 * One entry by its number.
 *
 * @throws PERMISSION_DENIED the caller may not read it; without the right to the whole log also where it is not there
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function getAuditEntry(ctx: Context, seq: number): Promise<SealedEntry> {
  const workspace = ctx.settings.workspaces ? ctx.workspace : undefined
  const found = await readOne(ctx, seq, { workspace })
  if (found && (await mayReadEntry(ctx, found))) return found
  await requireRight(ctx, 'read_audit')
  throw notFound('Audit entry', String(seq))
}

/** The entries before and after one about the same version, or the same model; none where it is about neither. */
export async function findEntriesBeside(
  ctx: Context,
  { entry: { seq, model, version } }: SealedEntry,
): Promise<Beside<number>> {
  if (model === undefined) return { before: undefined, after: undefined }
  const ofVersion = version === undefined ? {} : { version: Number(version) }
  const filter = await auditFilterOf(ctx, { model, ...ofVersion })
  const [[before], [after]] = await Promise.all([
    readEntriesBefore(ctx.db, filter, { beforeSeq: seq, countMax: 1 }),
    readEntriesAfter(ctx.db, filter, { afterSeq: seq, countMax: 1 }),
  ])
  return { before: before?.entry.seq, after: after?.entry.seq }
}

async function mayReadEntry(ctx: Context, { entry }: SealedEntry): Promise<boolean> {
  try {
    const filter = await auditFilterOf(ctx, { model: entry.model })
    return filter.only === undefined || (await readOne(ctx, entry.seq, filter)) !== undefined
  } catch (err) {
    if (err instanceof RegistryError && err.code === 'PERMISSION_DENIED') return false
    throw err
  }
}

async function readOne(
  ctx: Context,
  seq: number,
  filter: EntryFilter,
): Promise<SealedEntry | undefined> {
  const [newest] = await readEntriesBefore(ctx.db, filter, { beforeSeq: seq + 1, countMax: 1 })
  return newest?.entry.seq === seq ? newest : undefined
}
