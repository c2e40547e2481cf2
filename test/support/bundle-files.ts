import { unzipSync } from 'fflate'
import { readPublicKey } from '../../src/attestations/key-pair.ts'
import type { BundleReader } from '../../src/bundles/verify/bundle-reader.ts'
import { verifyBundle } from '../../src/bundles/verify/verify-bundle.ts'
import { streamBytes } from '../../src/core/bytes.ts'
import type { Platform } from '../../src/platform/context.ts'
import { measureBody } from '../../src/platform/hash.ts'

/** The files of a bundle by their paths. */
export type BundleFiles = Record<string, Uint8Array>

/** The files of a zip. */
export function filesOfZip(bytes: ArrayBuffer): BundleFiles {
  return unzipSync(new Uint8Array(bytes))
}

/** A file of a bundle as text. */
export function textIn(files: BundleFiles, path: string): string {
  return new TextDecoder().decode(files[path])
}

/** What a signed statement of a bundle says. */
export function statementIn(files: BundleFiles, path: string) {
  const { dsseEnvelope } = JSON.parse(textIn(files, path))
  const bytes = Uint8Array.from(atob(dsseEnvelope.payload), (char) => char.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** Verify files by keys in PEM. */
export async function verifyFiles(platform: Platform, files: BundleFiles, pems: readonly string[]) {
  const keys = await Promise.all(pems.map((pem) => readPublicKey(platform, pem)))
  return verifyBundle(
    platform,
    readerOf(platform, files),
    keys.flatMap((key) => key ?? []),
  )
}

/** Files as an open bundle. */
export function readerOf(platform: Platform, files: BundleFiles): BundleReader {
  return {
    paths: Object.keys(files),
    read: async (path) => files[path] ?? new Uint8Array(),
    measure: async (path) =>
      measureBody(streamBytes(files[path] ?? new Uint8Array()), platform.sha256()),
  }
}
