import { readStatement, SigstoreBundleShape, type Statement } from '../../attestations/envelope.ts'
import { bundlePaths } from '../statements/statement.ts'
import type { BundleTexts } from './sign-release.ts'

/** In the order in which people ask. */
const signed = [
  bundlePaths.release,
  bundlePaths.gates,
  bundlePaths.provenance,
  bundlePaths.modelSignature,
]

/** What this server signed in a bundle, by the paths there. */
export function readStatements(
  texts: BundleTexts,
): { readonly path: string; readonly statement: Statement }[] {
  return signed.flatMap((path) => {
    const text = texts[path]
    if (text === undefined) return []
    const statement = readStatement(SigstoreBundleShape.parse(JSON.parse(text)).dsseEnvelope)
    if (!statement) throw new Error(`${path} of a bundle was kept and cannot be read`)
    return [{ path, statement }]
  })
}
