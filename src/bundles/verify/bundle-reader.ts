import type { Stored } from '../../platform/ports.ts'

/** A bundle that came from somewhere: nothing about it is known to be true. */
export type BundleReader = {
  /** The paths of all files in it, each once and none leading out of it. */
  readonly paths: readonly string[]
  /** @throws BundleFormatError the file is larger, or cannot be read */
  read(path: string, bytesMax: number): Promise<Uint8Array>
  /** Size and hash of a file. @throws BundleFormatError it is larger, or cannot be read */
  measure(path: string, bytesMax: number): Promise<Stored>
}

/** What was given is no bundle, in words for who gave it. */
export class BundleFormatError extends Error {
  override name = 'BundleFormatError'
}
