import type { Context } from '../../platform/context.ts'
import { getVersion } from '../../registry/versions/versions.ts'
import { readSignature } from '../cards/model-files.ts'
import { readCurrentRevision } from '../cards/read-card.ts'
import type { VersionFacts } from '../policies/facts.ts'
import { signatureFrom } from '../policies/signature.ts'

/** What is known of a version beyond its rows: its card, and what its files say. */
export type FileFacts = {
  readonly facts: Pick<VersionFacts, 'signature' | 'card'>
  /** 0: nobody has written a card; a template's words are nobody's. */
  readonly cardRevision: number
  readonly cardEditor: string | null
}

/** @throws DATA_LOSS a file that it reads is damaged */
export async function versionFileFacts(
  ctx: Context,
  { model, version }: Pick<VersionFacts, 'model' | 'version'>,
): Promise<FileFacts> {
  const found = await getVersion(ctx, model, version)
  const [signature, { current }] = await Promise.all([
    readSignature(ctx, found),
    readCurrentRevision(ctx, found),
  ])
  return {
    facts: { signature: signatureFrom(signature), card: current?.card ?? null },
    cardRevision: current?.revision ?? 0,
    cardEditor: current?.author.name ?? null,
  }
}
