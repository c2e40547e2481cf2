import { requireModelVersion, requirePromoting } from '../../access/permissions/require.ts'
import { readManifestFiles } from '../../artifacts/manifest.ts'
import type { SealedEntry } from '../../audit/entry.ts'
import { findReadableBundle, type ReleaseBundle } from '../../bundles/releases/read-bundles.ts'
import type { RegistryError } from '../../core/error.ts'
import { getCard, type ModelCard } from '../../governance/cards/read-card.ts'
import { getLineage, type Lineage } from '../../governance/lineage.ts'
import type { Context } from '../../platform/context.ts'
import { readManifestScan, type VersionScan } from '../../registry/files/version-scan.ts'
import { findVersionsBeside } from '../../registry/versions/versions.ts'
import type { Beside } from '../../search/page.ts'
import { listReplicasOfVersion } from '../../serving/replicas.ts'
import { attempt } from '../attempt.ts'
import { findRefusal } from '../forms.ts'
import { readHistory } from './read-model.ts'

/** All that the page of a version shows. */
export type VersionStanding = {
  readonly lineage: Lineage
  /** Or why it cannot be read. */
  readonly card: ModelCard | RegistryError
  readonly files: readonly ShownFile[]
  readonly hasMoreFiles: boolean
  /** What may run when the files are loaded. */
  readonly scan: VersionScan
  readonly entries: readonly SealedEntry[] | undefined
  /** The numbers of the versions beside it. */
  readonly beside: Beside<number>
  /** The newest signed bundle that the caller may download. */
  readonly bundle: ReleaseBundle | undefined
  /** Processes that answer with it. */
  readonly replicas: number
  readonly mayPromote: boolean
  readonly mayEdit: boolean
}

export type ShownFile = {
  readonly path: string
  readonly sizeBytes: number
  /** In hex. */
  readonly sha256: string
}

const filesMax = 200

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function readVersionStanding(
  ctx: Context,
  name: string,
  number: number,
): Promise<VersionStanding> {
  const lineage = await getLineage(ctx, name, number)
  const { manifestId } = lineage.version
  const [bundle, card, scan, files, entries, beside, replicas, whyNot, whyNotEdit] =
    await Promise.all([
      findReadableBundle(ctx, { name, version: number }),
      attempt('DATA_LOSS', getCard(ctx, name, { version: number })),
      readManifestScan(ctx, manifestId),
      manifestId === null
        ? []
        : readManifestFiles(ctx, manifestId, { after: '', count: filesMax + 1 }),
      readHistory(ctx, { model: name, version: number }),
      findVersionsBeside(ctx, lineage.version),
      listReplicasOfVersion(ctx, name, number),
      findRefusal(requirePromoting(ctx, name, {})),
      findRefusal(requireModelVersion(ctx, name, 'EDIT')),
    ])
  return {
    lineage,
    card,
    scan,
    files: files.slice(0, filesMax),
    hasMoreFiles: files.length > filesMax,
    entries,
    beside,
    bundle,
    replicas: replicas.length,
    mayPromote: whyNot === undefined,
    mayEdit: whyNotEdit === undefined,
  }
}
