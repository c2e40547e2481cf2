import type { Context } from '../../platform/context.ts'
import type { VersionFacts } from '../policies/facts.ts'

/** What is known of a version beyond its rows: its card, and what its files say. */
export type FileFacts = {
  readonly facts: Pick<VersionFacts, 'signature' | 'card'>
  /** 0: there is no card. */
  readonly cardRevision: number
  readonly cardEditor: string | null
}

export async function versionFileFacts(
  _ctx: Context,
  _version: Pick<VersionFacts, 'id' | 'manifestId'>,
): Promise<FileFacts> {
  return { facts: { signature: null, card: null }, cardRevision: 0, cardEditor: null }
}
