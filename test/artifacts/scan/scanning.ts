import type { ByteSource } from '../../../src/artifacts/scan/byte-reader.ts'
import { findingsOf } from '../../../src/artifacts/scan/findings.ts'
import { type FileScan, scanFile } from '../../../src/artifacts/scan/scan-file.ts'

/** @param chunkBytes how many come at a time */
export function sourceOf(bytes: Uint8Array, chunkBytes = 64 * 1024): ByteSource {
  return {
    sizeBytes: bytes.length,
    canSeek: true,
    async *open(start, end = bytes.length) {
      const last = Math.min(end, bytes.length)
      for (let at = start; at < last; at += chunkBytes) {
        yield bytes.subarray(at, Math.min(last, at + chunkBytes))
      }
    },
  }
}

/** What was found, a line each. */
export const told = (path: string, scan: FileScan) =>
  findingsOf({ told: [{ ...scan, path }] }).map(({ what, detail }) => `${what} ${detail}`)

/** One character a byte. */
export const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

export const scanText = async (path: string, text: string) =>
  told(path, await scanFile(sourceOf(bytes(text)), path))
