import type { Platform } from '../platform/context.ts'
import { hashText } from '../platform/hash.ts'

type Hashing = Pick<Platform, 'sha256'>

/** The chain hash before the first entry, and the head of an empty audit log. */
export const chainStart = `sha256:${'0'.repeat(64)}`

/**
 * The hash that seals an entry and all entries before it: SHA-256 of the previous chain hash followed by
 * the entry's hash, both as they are written.
 */
export async function hashLink(on: Hashing, previous: string, entry: string): Promise<string> {
  return `sha256:${await hashText(on, previous + entry)}`
}
