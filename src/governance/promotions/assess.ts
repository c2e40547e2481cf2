import { sql } from 'drizzle-orm'
import { verifyManifest } from '../../artifacts/manifest.ts'
import { type Blocked, excerpt, RegistryError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { readSlowVerdict } from '../../registry/files/verify-slowly.ts'
import { bytesMaxDefault, filesMax } from '../../registry/files/verify-version.ts'
import { findStandingReview, type ReviewRow, standingOf } from '../approvers.ts'
import type { VersionFacts } from '../policies/facts.ts'
import type { FilesRead } from '../policies/integrity-gate.ts'
import type { Policy } from '../policies/policy.ts'
import { type Judgement, judge, reviewedText } from './judge.ts'
import type { Evidence, Promotion } from './promotion.ts'
import { type Question, type Snapshot, takeSnapshot } from './snapshot.ts'

/** A judgement, with the snapshot that it is based on. */
export type Assessment = Snapshot & {
  readonly judgement: Judgement
  readonly judgedAtMs: number
  /** What a review of this snapshot reviews. */
  readonly reviewedNow: string
  /** Undefined: no gate asks for the files, or the version is not sealed. */
  readonly filesIntact: FilesRead | undefined
  /** False: `filesIntact` is what an earlier judgement found. */
  readonly areFilesRead: boolean
}

/**
 * Judge a question on what is true now.
 *
 * @param files `read` reads every file again if a gate asks for it, which may take
 *   long; `known` uses the last result
 * @returns undefined: the version is gone
 */
export async function assess(
  ctx: Context,
  question: Question & { readonly filesRead?: Promotion['filesRead'] },
  files: 'read' | 'known',
): Promise<Assessment | undefined> {
  const snapshot = await takeSnapshot(ctx, question)
  if (!snapshot) return undefined
  const known = question.filesRead
  const isKnown = files === 'known' && known && !known.pending
  const areFilesRead = !isKnown || !asksForFiles(snapshot.policies)
  const filesIntact = areFilesRead ? await readFiles(ctx, snapshot) : known
  return assessmentOf(ctx, snapshot, { filesIntact, areFilesRead })
}

/**
 * Judge an open request on what is true now, and keep what was judged for lists.
 *
 * @returns undefined: the version is gone
 */
export async function assessPromotion(
  ctx: Context,
  promotion: Promotion,
  files: 'read' | 'known',
): Promise<Assessment | undefined> {
  const assessment = await assess(ctx, questionOf(promotion), files).catch(async (err) => {
    await keepFailure(ctx, promotion.id, err)
    throw err
  })
  if (assessment) await keepJudgement(ctx, promotion.id, assessment)
  return assessment
}

/** The question that a request asks. */
export function questionOf(promotion: Promotion): Question & Pick<Promotion, 'filesRead'> {
  return {
    modelVersionId: promotion.modelVersionId,
    target: promotion.target,
    archivesOthers: promotion.archiveExisting,
    promotionId: promotion.id,
    requester: promotion.requestedBy,
    filesRead: promotion.filesRead,
  }
}

/** The same judgement with the files read again, where a gate asks for them and they were not. */
export async function judgeWithFiles(
  ctx: Context,
  { id }: Promotion,
  assessment: Assessment,
): Promise<Assessment> {
  if (assessment.areFilesRead) return assessment
  const filesIntact = await readFiles(ctx, assessment)
  const read = assessmentOf(ctx, assessment, { filesIntact, areFilesRead: true })
  await keepJudgement(ctx, id, read)
  return read
}

/**
 * The judgement after one more review, which was written while the snapshot still held: nothing has
 * to be read again.
 *
 * @param written.newestEntry the number of the model's newest audit entry, read in the review's own batch
 */
export async function judgeWithReview(
  ctx: Context,
  assessment: Assessment,
  written: {
    readonly promotion: Promotion
    readonly review: ReviewRow
    readonly newestEntry: number
  },
): Promise<Assessment> {
  const { people, candidate } = assessment
  const of = { model: candidate.model, target: written.promotion.target, people }
  const review = await findStandingReview(ctx, written.review, of)
  const snapshot = {
    ...assessment,
    archivesOthers: written.promotion.archiveExisting,
    reviews: standingOf([...assessment.reviews, review]),
    mark: { ...assessment.mark, newestEntry: written.newestEntry },
  }
  const reviewed = assessmentOf(ctx, snapshot, assessment)
  await keepJudgement(ctx, written.promotion.id, reviewed)
  return reviewed
}

function assessmentOf(
  ctx: Context,
  snapshot: Snapshot,
  { filesIntact, areFilesRead }: Pick<Assessment, 'filesIntact' | 'areFilesRead'>,
): Assessment {
  const { candidate, cardRevision, policies } = snapshot
  const nowMs = ctx.now()
  const reviewedNow = reviewedText({
    digest: candidate.digest,
    cardRevision,
    policies,
    factsDigest: candidate.factsDigest,
    registeredDigest: candidate.atRegistration.factsDigest,
  })
  const judgement = judge({ ...snapshot, filesIntact, reviewedNow, nowMs })
  return { ...snapshot, judgement, judgedAtMs: nowMs, reviewedNow, filesIntact, areFilesRead }
}

/** Whether a gate asks for the files to be read. */
export function asksForFiles(policies: readonly Policy[]): boolean {
  return policies.some(({ document }) => document.gates.some(({ type }) => type === 'integrity'))
}

/** Read the files of a version again, where a gate asks for it. */
async function readFiles(
  ctx: Context,
  { candidate, policies }: Snapshot,
): Promise<FilesRead | undefined> {
  return asksForFiles(policies) ? readSealedFiles(ctx, candidate) : undefined
}

/**
 * Read the files of a version again, or have them read in the background where they are too many or too large for
 * a request. @returns undefined where it is not sealed
 */
export async function readSealedFiles(
  ctx: Context,
  version: Pick<VersionFacts, 'manifestId' | 'digest'>,
): Promise<FilesRead | undefined> {
  if (version.manifestId === null) return undefined
  if (await isReadSlowly(ctx, version.manifestId)) return readSlowly(ctx, version.manifestId)
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

/** More than one request reads: such files are read in the background. */
async function isReadSlowly(ctx: Context, manifest: number): Promise<boolean> {
  const large = await ctx.db.first(sql`select 1 from manifests where id = ${manifest}
    and (file_count > ${filesMax} or size_bytes > ${bytesMaxDefault})`)
  return large !== undefined
}

async function readSlowly(ctx: Context, manifest: number): Promise<FilesRead> {
  const verdict = await readSlowVerdict(ctx, manifest)
  if (verdict.status === 'reading') {
    const { filesRead, files } = verdict
    const detail = `${filesRead} of ${files} files were read again so far; the rest follows in the background`
    return { ok: false, detail, pending: true }
  }
  const { isIntact, files, differing } = verdict
  const [from, until] = [verdict.startedAtMs, verdict.endedAtMs].map((ms) =>
    new Date(ms).toISOString(),
  )
  const when = `when they were read from ${from} until ${until}`
  if (isIntact) return { ok: true, detail: `${files} files were what was sealed, ${when}` }
  return { ok: false, detail: `not what was sealed, ${when}: ${differing.join(', ')}` }
}

/** Keep the newest judgement of a request that is open: lists show it, and read no files for it. */
export async function keepJudgement(
  ctx: Context,
  id: number,
  assessment: Assessment,
): Promise<void> {
  const { judgedAtMs, filesIntact, areFilesRead } = assessment
  const files =
    areFilesRead && filesIntact ? JSON.stringify({ ...filesIntact, at_ms: judgedAtMs }) : null
  await ctx.db.all(sql`update promotions set evidence = ${evidenceText(assessment)},
      judged_at_ms = ${judgedAtMs}, files_read = coalesce(${files}, files_read)
    where id = ${id} and status = 'open' and coalesce(judged_at_ms, 0) <= ${judgedAtMs}`)
}

/** What blocks a request that could not be judged. */
export const unjudged = 'it could not be judged; the log of the server says why'

/** Show of a request that failed in an unforeseen way that it could not be judged, and no earlier judgement. */
export async function keepFailure(
  ctx: Pick<Context, 'db' | 'now'>,
  id: number,
  err: unknown,
): Promise<void> {
  if (err instanceof RegistryError) return
  const none: Evidence = {
    gates: [],
    approvals: { required: 0, given: 0, missing: [], approvedBy: [] },
    policies: [],
    blocked_by: [unjudged],
    compared: null,
  }
  await ctx.db.all(sql`update promotions set evidence = ${JSON.stringify(none)},
    judged_at_ms = ${ctx.now()} where id = ${id} and status = 'open'`)
}

/** The part of a refused move's judgement that goes into the audit log. */
export function blockedOf(
  { id }: Pick<Promotion, 'id'>,
  { candidate, judgement }: Assessment,
): Omit<Blocked, 'message'> {
  return {
    promotionId: id,
    model: candidate.model,
    version: candidate.version,
    failedGates: judgement.gates
      .filter(({ status }) => status === 'failed')
      .map(({ name, policy, detail }) => ({ name, policy, detail })),
  }
}

/** The part of its judgement that a request keeps. */
export function evidenceOf(assessment: Assessment): Evidence {
  const { judgement, policies, current, candidate, cardRevision } = assessment
  return {
    gates: judgement.gates,
    approvals: judgement.approvals,
    policies: policies.map(({ name, revision }) => ({ name, revision })),
    blocked_by: judgement.blockedBy,
    compared: current?.id ?? null,
    compared_version: current?.version ?? null,
    digest: candidate.digest,
    card_revision: cardRevision,
    facts_digest: candidate.factsDigest,
    dismissed: Object.fromEntries(judgement.dismissed),
  }
}

/** Lists show what many requests keep. */
const evidenceCharsMax = 100_000
const detailCharsMin = 60

/** `evidenceOf` as the column has it; with short details where it would be very long. */
export function evidenceText(assessment: Assessment): string {
  const evidence = evidenceOf(assessment)
  const text = JSON.stringify(evidence)
  if (text.length <= evidenceCharsMax) return text
  const { gates, blocked_by } = evidence
  const most = Math.max(detailCharsMin, Math.floor(evidenceCharsMax / (4 * gates.length)))
  return JSON.stringify({
    ...evidence,
    gates: gates.map((gate) => ({ ...gate, detail: excerpt(gate.detail, most) })),
    blocked_by: blocked_by.map((why) => excerpt(why, most)),
  } satisfies Evidence)
}
