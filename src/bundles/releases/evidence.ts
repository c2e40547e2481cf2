import { sql } from 'drizzle-orm'
import { type ManifestFile, readAllManifestFiles } from '../../artifacts/manifest.ts'
import { addHash, jsonLineOf } from '../../audit/export.ts'
import { readEntryBatches } from '../../audit/read-entries.ts'
import { type ChainHead, readChainHead, sealEntries } from '../../audit/seal.ts'
import { getCard, type ModelCard } from '../../governance/cards/read-card.ts'
import { renderCard } from '../../governance/cards/write-card.ts'
import { findClosedAmong } from '../../governance/closed-runs.ts'
import { mayReadAuditOf } from '../../governance/history/audit-scope.ts'
import { readPolicyDocuments } from '../../governance/policy-documents.ts'
import { listPromotions } from '../../governance/promotions/promotions.ts'
import { type PromotionView, viewPromotions } from '../../governance/promotions/view.ts'
import type { Context } from '../../platform/context.ts'
import { hashJson } from '../../platform/hash.ts'
import type { Facts } from '../../registry/facts/facts.ts'
import { readReadableFacts } from '../../registry/facts/readable-facts.ts'
import { getVersionFiles, sealedManifest } from '../../registry/files/version-manifest.ts'
import { getVersionDetail, type VersionDetail } from '../../registry/versions/version-detail.ts'
import { readMlBom } from '../mlbom.ts'
import type { PolicyDigest } from '../statements/gate-statement.ts'

/** All that is known of a version at one moment, as far as the caller may see it. */
export type ReleaseEvidence = {
  readonly version: VersionDetail
  readonly manifestId: number
  readonly digest: string
  readonly files: readonly ManifestFile[]
  readonly card: ModelCard
  readonly cardText: string
  readonly bom: string
  /** What it was made from. */
  readonly facts: Facts | undefined
  /** Merged requests, the newest first. */
  readonly promotions: readonly PromotionView[]
  /** Of the newest of them. */
  readonly policies: readonly PolicyDigest[]
  /** The version's entries of the audit log as JSON Lines; undefined: the caller may not read it. */
  readonly audit: string | undefined
  /** The end of the audit log before all of this was read. */
  readonly head: ChainHead
  /** `model_versions.id` of those of whose runs it tells. */
  readonly runsOf: readonly number[]
}

/**
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE it is not sealed
 * @throws DATA_LOSS a file that the card is made from is damaged
 */
export async function readEvidence(
  ctx: Context,
  name: string,
  number: number,
): Promise<ReleaseEvidence> {
  const sealed = await getVersionFiles(ctx, name, number)
  const manifestId = sealedManifest(sealed, name, number)
  await sealEntries(ctx)
  const head = await readChainHead(ctx)
  const [version, files, card, bom, promotions] = await Promise.all([
    getVersionDetail(ctx, name, number),
    readAllManifestFiles(ctx, manifestId),
    getCard(ctx, name, { version: number }),
    readMlBom(ctx, name, { version: number, spec: '1.6' }),
    readMerged(ctx, name, number),
  ])
  const facts = (await readReadableFacts(ctx, [version])).get(version.id)?.facts
  const compared = promotions.flatMap(({ evidence }) => evidence?.compared ?? [])
  const about = [...new Set([version.id, ...compared])]
  const closed = await findClosedAmong(ctx, about)
  return {
    version,
    manifestId,
    // A version with a manifest has a digest.
    digest: sealed.digest ?? '',
    files,
    card,
    cardText: await renderCard({ name, version: number, ...card }),
    bom,
    facts,
    promotions,
    policies: await digestPolicies(ctx, promotions[0]?.policies ?? []),
    audit: (await mayReadAuditOf(ctx, name)) ? await readAudit(ctx, version, head) : undefined,
    head,
    runsOf: about.filter((id) => !closed.has(id)),
  }
}

async function readMerged(ctx: Context, model: string, version: number): Promise<PromotionView[]> {
  const all = await listPromotions(
    ctx,
    { model, version, status: 'merged' },
    { count: -1, shown: sql`1` },
  )
  return viewPromotions(ctx, all)
}

async function digestPolicies(
  ctx: Context,
  named: readonly { readonly name: string; readonly revision: number }[],
): Promise<PolicyDigest[]> {
  const found = await readPolicyDocuments(ctx, named)
  return Promise.all(
    found.map(async (policy) => ({
      ...{ name: policy.name, revision: policy.revision },
      digest: await hashJson(ctx, policy),
    })),
  )
}

async function readAudit(
  ctx: Context,
  { registeredModelId, version }: VersionDetail,
  { seq }: ChainHead,
): Promise<string> {
  const filter = { workspace: ctx.workspace, registeredModel: registeredModelId, version }
  let lines = ''
  for await (const batch of readEntryBatches(ctx.db, filter, seq)) {
    for (const sealed of batch) lines += jsonLineOf(await addHash(ctx, sealed), sealed.chainHash)
  }
  return lines
}
