import { sql } from 'drizzle-orm'
import { verifyManifest } from '../../artifacts/manifest.ts'
import type { Blocked } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { FilesRead } from '../policies/gates.ts'
import { type Judgement, judge, reviewedText } from './judge.ts'
import type { Evidence, Promotion } from './promotion.ts'
import { type Question, type Snapshot, takeSnapshot } from './snapshot.ts'

export type Assessment = Snapshot & {
  readonly judgement: Judgement
  /** What a review made now is of. */
  readonly reviewedNow: string
}

/**
 * Judge a question on what is true now.
 *
 * @param files `read` reads every file again where a gate asks for it, which takes as long as it
 *   takes; `known` takes what was last found
 * @returns undefined: the version is gone
 */
export async function assess(
  ctx: Context,
  question: Question & { readonly filesRead?: Promotion['filesRead'] },
  files: 'read' | 'known',
): Promise<Assessment | undefined> {
  const snapshot = await takeSnapshot(ctx, question)
  if (!snapshot) return undefined
  const { candidate, cardRevision, policies } = snapshot
  const reviewedNow = reviewedText({ digest: candidate.digest, cardRevision, policies })
  const known = question.filesRead ?? undefined
  const filesIntact = files === 'read' || !known ? await readFiles(ctx, snapshot) : known
  const judgement = judge({ ...snapshot, filesIntact, reviewedNow, nowMs: ctx.now() })
  return { ...snapshot, judgement, reviewedNow }
}

/** The question that a request asks. */
export function questionOf(promotion: Promotion): Question & Pick<Promotion, 'filesRead'> {
  return {
    modelVersionId: promotion.modelVersionId,
    target: promotion.target,
    promotionId: promotion.id,
    requester: promotion.requestedBy.name,
    filesRead: promotion.filesRead,
  }
}

/** Read the files of a version again, where a gate asks for it. */
async function readFiles(
  ctx: Context,
  { candidate, policies }: Snapshot,
): Promise<FilesRead | undefined> {
  const isAsked = policies.some(({ document }) =>
    document.gates.some(({ type }) => type === 'integrity'),
  )
  return isAsked ? readSealedFiles(ctx, candidate) : undefined
}

/** Read the files of a version again; undefined where it is not sealed. */
export async function readSealedFiles(
  ctx: Context,
  version: Pick<VersionFacts, 'manifestId' | 'digest'>,
): Promise<FilesRead | undefined> {
  if (version.manifestId === null) return undefined
  const { digest, filesRead, differing } = await verifyManifest(ctx, version.manifestId)
  const ok = differing.length === 0 && digest === version.digest
  const names = differing.map(({ path, problem }) => `${path} ${problem}`)
  return {
    ok,
    detail: ok
      ? `${filesRead} files are what was sealed`
      : `not what was sealed: ${names.join(', ')}`,
  }
}

/** Keep what a judgement found of the files, so that looking at a request reads none. */
export async function keepFilesRead(
  ctx: Context,
  { id }: Promotion,
  { judgement }: Assessment,
): Promise<void> {
  const gate = judgement.gates.find(({ type }) => type === 'integrity')
  if (!gate) return
  const read = { ok: gate.status === 'passed', detail: gate.detail, at_ms: ctx.now() }
  await ctx.db.all(sql`update promotions set files_read = ${JSON.stringify(read)} where id = ${id}`)
}

/** What the record keeps of a move that was refused by this judgement. */
export function blockedOf(
  { id }: Pick<Promotion, 'id'>,
  { candidate, judgement }: Assessment,
): Blocked {
  return {
    promotionId: id,
    model: candidate.model,
    version: candidate.version,
    failedGates: judgement.gates
      .filter(({ status }) => status === 'failed')
      .map(({ name, policy, detail }) => ({ name, policy, detail })),
  }
}

/** What a decided request keeps of its judgement. */
export function evidenceOf({ judgement, policies }: Assessment): Evidence {
  return {
    gates: judgement.gates,
    approvals: judgement.approvals,
    policies: policies.map(({ name, revision }) => ({ name, revision })),
    blocked_by: judgement.blockedBy,
  }
}
