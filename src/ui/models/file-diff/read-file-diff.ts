import type { ArtifactFile } from '../../../artifacts/files.ts'
import { RegistryError } from '../../../core/error.ts'
import type { Context } from '../../../platform/context.ts'
import { getLocated } from '../../../registry/files/artifact-place.ts'
import { getVersionFiles, sealedManifest } from '../../../registry/files/version-manifest.ts'
import { attempt } from '../../attempt.ts'
import { readTextPart } from '../../files/read-part.ts'
import { diffTexts, type TextDiff } from './text-diff.ts'

/** Longer files are told by their size alone. */
const diffBytesMax = 64 * 1024

/** A file of two versions. @throws RESOURCE_DOES_NOT_EXIST neither has it; DATA_LOSS */
export async function readFileDiff(
  ctx: Context,
  name: string,
  { path, versions }: { readonly path: string; readonly versions: readonly [number, number] },
): Promise<TextDiff> {
  const found = [
    await findSealed(ctx, name, { path, version: versions[0] }),
    await findSealed(ctx, name, { path, version: versions[1] }),
  ]
  const files = found.flatMap((one) => (one instanceof RegistryError ? [] : [one]))
  const [first] = found
  if (files.length === 0 && first instanceof RegistryError) throw first
  if (files.some(({ sizeBytes }) => sizeBytes > diffBytesMax)) {
    return { whyNot: 'One of them is longer than 64 kB.' }
  }
  const texts: string[] = []
  for (const file of found) {
    const text = file instanceof RegistryError ? '' : (await readTextPart(ctx, file, 0))?.text
    if (text === undefined) return { whyNot: 'One of them is no text.' }
    texts.push(text)
  }
  if (files.length === 1 && texts.every((text) => text === '')) {
    const owner = versions[first instanceof RegistryError ? 1 : 0]
    return { whyNot: `Only version ${owner} has it, and it is empty.` }
  }
  return diffTexts(texts[0] ?? '', texts[1] ?? '')
}

async function findSealed(
  ctx: Context,
  name: string,
  { path, version }: { readonly path: string; readonly version: number },
): Promise<ArtifactFile | RegistryError> {
  const manifest = sealedManifest(await getVersionFiles(ctx, name, version), name, version)
  const located = { place: { manifest }, path, shown: path }
  return attempt('RESOURCE_DOES_NOT_EXIST', getLocated(ctx, located))
}
