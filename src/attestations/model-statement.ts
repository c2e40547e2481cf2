import type { ManifestFile } from '../artifacts/manifest.ts'
import { fromHex } from '../core/bytes.ts'
import type { Sha256 } from '../platform/hash.ts'
import { type Statement, statementType } from './envelope.ts'
import { predicateTypes } from './predicate-types.ts'

/** What OpenSSF's verifier leaves out of its walk, at the root of a model; `manifest.json` has it all the same. */
const leftOut = /^\.git(?:attributes|hub|ignore)?(?:\/|$)/

/** The files that OpenSSF's model signature covers. */
function coveredFiles(files: readonly ManifestFile[]): readonly ManifestFile[] {
  return files.filter(({ path }) => !leftOut.test(path))
}

/**
 * The statement of OpenSSF's model signature over the files of a version.
 *
 * @param name `fraud/3`
 * @param files by the UTF-8 bytes of their paths
 */
export async function modelStatement(
  on: { sha256(): Sha256 },
  name: string,
  files: readonly ManifestFile[],
): Promise<Statement> {
  const covered = coveredFiles(files)
  return {
    _type: statementType,
    subject: [{ name, digest: { sha256: await rootOf(on, covered) } }],
    predicateType: predicateTypes.model,
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: [],
      },
      resources: covered.map(({ path, sha256 }) => ({
        name: path,
        algorithm: 'sha256',
        digest: sha256,
      })),
    },
  }
}

/** The hash of the hashes, as bytes. */
async function rootOf(on: { sha256(): Sha256 }, files: readonly ManifestFile[]): Promise<string> {
  const hash = on.sha256()
  for (const { sha256 } of files) await hash.update(fromHex(sha256))
  return hash.digest()
}
