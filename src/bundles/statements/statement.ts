import { type Statement, statementType } from '../../attestations/envelope.ts'

/** The names of what a bundle holds beside `model/`. */
export const bundlePaths = {
  manifest: 'manifest.json',
  modelSignature: 'model.sig',
  release: 'attestations/release.sigstore.json',
  gates: 'attestations/gates.sigstore.json',
  provenance: 'attestations/provenance.sigstore.json',
  bom: 'mlbom.cdx.json',
  card: 'card.json',
  cardText: 'card.md',
  version: 'version.json',
  audit: 'audit.jsonl',
  auditHead: 'audit-head.json',
  key: 'key.pem',
} as const

/** Where the files of the version lie. */
export const modelFolder = 'model/'

/** A statement about a version by its manifest. @param digest of the version, `sha256:` and hex */
export function statementAbout(
  digest: string,
  predicateType: string,
  predicate: Readonly<Record<string, unknown>>,
): Statement {
  return {
    _type: statementType,
    subject: [{ name: bundlePaths.manifest, digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType,
    predicate,
  }
}
