import { sql } from 'drizzle-orm'
import { findingsOf, type ScanAllowance, type ScanFinding } from '../../artifacts/scan/findings.ts'
import { readScans } from '../../artifacts/scan/read-scans.ts'
import { rescanStatements } from '../../artifacts/scan/scan-manifests.ts'
import type { Context } from '../../platform/context.ts'
import { getVersionFiles, sealedManifest } from './version-manifest.ts'

/** What may run when the files of a version are loaded. */
export type VersionScan = {
  /** `not_sealed`: its files are not kept here, and nobody has read them. */
  readonly status: 'not_sealed' | 'pending' | 'scanned'
  readonly files: number
  /** Files that were not scanned yet. */
  readonly waiting: number
  readonly findings: readonly ScanFinding[]
}

/** @throws RESOURCE_DOES_NOT_EXIST no such version */
export async function getVersionScan(
  ctx: Context,
  name: string,
  { version, ...allowed }: { readonly version: number } & ScanAllowance,
): Promise<VersionScan> {
  const { manifestId } = await getVersionFiles(ctx, name, version)
  return readManifestScan(ctx, manifestId, allowed)
}

/** The same of a manifest; null: the version is not sealed. */
export async function readManifestScan(
  ctx: Context,
  manifest: number | null,
  allowed?: ScanAllowance,
): Promise<VersionScan> {
  if (manifest === null) return { status: 'not_sealed', files: 0, waiting: 0, findings: [] }
  const scan = await readScans(ctx, manifest)
  const { files, waiting } = scan
  const findings = findingsOf(scan, allowed)
  return { status: waiting > 0 ? 'pending' : 'scanned', files, waiting, findings }
}

/**
 * Have the files read again that could not be read, and those that were not read yet.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such version
 * @throws INVALID_PARAMETER_VALUE its files are not kept here
 */
export async function requestScan(
  ctx: Context,
  name: string,
  version: number,
): Promise<VersionScan> {
  const manifest = sealedManifest(await getVersionFiles(ctx, name, version), name, version)
  await ctx.db.batch({ again: rescanStatements(sql`${manifest}`) })
  ctx.wake()
  return readManifestScan(ctx, manifest)
}
