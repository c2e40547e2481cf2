import { readFile } from 'node:fs/promises'
import { type PublicKey, readPublicKey } from '../../attestations/key-pair.ts'
import { BundleFormatError } from '../../bundles/verify/bundle-reader.ts'
import { type VerifiedBundle, verifyBundle } from '../../bundles/verify/verify-bundle.ts'
import { isMissing } from '../../platform/node/read-file.ts'
import { sha256 } from '../../platform/node/sha256.ts'
import { StartError } from '../../platform/start-error.ts'
import { type OpenZip, openZip } from './zip-reader.ts'

/**
 * Open a bundle, verify it whole, and use it.
 *
 * @param use of the bundle, or of what is wrong with it
 */
export async function verifyFile<T>(
  path: string,
  keys: readonly PublicKey[],
  use: (verdict: VerifiedBundle | readonly string[], zip: OpenZip | undefined) => Promise<T>,
): Promise<T> {
  let zip: OpenZip
  try {
    zip = await openZip(path)
  } catch (err) {
    if (err instanceof BundleFormatError) return use([err.message], undefined)
    throw err
  }
  try {
    return await use(await verifyBundle({ sha256 }, zip, keys), zip)
  } finally {
    zip.close()
  }
}

/** Whether it holds, and not what is wrong with it. */
export function isVerified(verdict: VerifiedBundle | readonly string[]): verdict is VerifiedBundle {
  return !Array.isArray(verdict)
}

/** The public keys in files. @throws StartError a file has none */
export async function readKeyFiles(paths: readonly string[]): Promise<PublicKey[]> {
  const keys: PublicKey[] = []
  for (const path of paths) {
    const key = await readPublicKey({ sha256 }, await readTextFile(path))
    if (!key) throw new StartError(`${path} has no public key in PEM of an ECDSA P-256 key`)
    keys.push(key)
  }
  return keys
}

/** The text of a small file. @throws StartError it cannot be read */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    if (isMissing(err)) throw new StartError(`there is no file ${path}`, { cause: err })
    throw new StartError(`cannot read ${path}: ${String(Object(err).code ?? err)}`, { cause: err })
  }
}
