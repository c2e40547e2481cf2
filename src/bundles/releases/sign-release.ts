import { signStatement } from '../../attestations/envelope.ts'
import type { KeyPair } from '../../attestations/key-pair.ts'
import { modelStatement } from '../../attestations/model-statement.ts'
import { predicateTypes } from '../../attestations/predicate-types.ts'
import { principalRecord } from '../../core/principal.ts'
import type { Context } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { promotionToStatement, testResultOf } from '../statements/gate-statement.ts'
import { readProvenance } from '../statements/provenance.ts'
import { bundlePaths, statementAbout } from '../statements/statement.ts'
import type { ReleaseEvidence } from './evidence.ts'

/** Texts by their paths in a bundle. */
export type BundleTexts = Readonly<Record<string, string>>

/**
 * What a bundle holds beside the files of the version: the evidence, and what signs it. The release
 * statement has the hash of every other text, so none can be taken out, put in or changed.
 */
export async function signRelease(
  ctx: Context,
  evidence: ReleaseEvidence,
  key: KeyPair,
): Promise<BundleTexts> {
  const { version, digest, files, card, promotions, policies, head } = evidence
  const provenance = await readProvenance(ctx, card.derived)
  const [newest] = promotions
  const sign = (type: string, predicate: Readonly<Record<string, unknown>>) =>
    signStatement(statementAbout(digest, type, predicate), key)
  const { current, ...wholeCard } = card
  const named = `${version.name}/${version.version}`
  const texts: BundleTexts = {
    [bundlePaths.bom]: evidence.bom,
    [bundlePaths.card]: `${JSON.stringify({ ...wholeCard, ...(current && { author: current.author, digest: current.digest }) }, null, 2)}\n`,
    [bundlePaths.cardText]: evidence.cardText,
    [bundlePaths.version]: `${JSON.stringify(versionToText(evidence), null, 2)}\n`,
    ...(evidence.audit !== undefined && {
      [bundlePaths.audit]: evidence.audit,
      [bundlePaths.auditHead]: `${JSON.stringify({ seq: head.seq, head: head.hash })}\n`,
    }),
    ...(provenance && {
      [bundlePaths.provenance]: await sign(predicateTypes.provenance, provenance),
    }),
    ...(newest && {
      [bundlePaths.gates]: await sign(predicateTypes.gates, testResultOf(newest, policies)),
    }),
    [bundlePaths.modelSignature]: await signStatement(await modelStatement(ctx, named, files), key),
  }
  const release = { ...releaseOf(ctx, evidence), evidence: await listTexts(ctx, texts) }
  return {
    ...texts,
    [bundlePaths.release]: await sign(predicateTypes.release, release),
    [bundlePaths.key]: key.pem,
  }
}

/** What a server that takes the version in writes down of it, beside the files and the card. */
function versionToText({ version, facts }: ReleaseEvidence): Record<string, unknown> {
  const { run_name, params, metrics, tags, datasets } = facts ?? {}
  return {
    description: version.description,
    tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
    ...(facts && { run: { name: run_name, params, metrics, tags, datasets } }),
  }
}

function releaseOf(ctx: Context, evidence: ReleaseEvidence): Record<string, unknown> {
  const { version, digest, card, promotions, audit, head } = evidence
  const { name, version: number, source, runId, stage, aliases, hold, approvals } = version
  return {
    model: name,
    version: String(number),
    digest,
    source,
    ...(runId !== null && { runId }),
    stage,
    aliases,
    registeredAt: version.createdAtMs,
    registeredBy: version.userId,
    ...(hold && { hold: { reason: hold.reason, placedAt: hold.placedAtMs } }),
    standing: approvals.map(({ kind, target, status, by, atMs, promotion, isBreakGlass }) => ({
      to: { [kind]: target },
      status,
      by,
      at: atMs,
      promotion: String(promotion),
      breakGlass: isBreakGlass,
    })),
    promotions: promotions.map(promotionToStatement),
    card: { revision: card.revision, digest: card.current?.digest ?? null },
    ...(audit !== undefined && { audit: { seq: head.seq, head: head.hash } }),
    issuer: ctx.serverUrl?.() ?? ctx.settings.publicUrl ?? 'gatehouse',
    issuedBy: principalRecord(ctx.principal),
    issuedAt: ctx.now(),
  }
}

async function listTexts(ctx: Context, texts: BundleTexts) {
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => ({
      name,
      digest: { sha256: await hashText(ctx, text) },
    })),
  )
}
