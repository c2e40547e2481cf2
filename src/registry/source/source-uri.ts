import { invalid, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { decodePercent } from '../../core/percent.ts'

const sourceCharsMax = 2000

/** A source taken apart; nothing in it is decoded but `segments`. */
export type SourceUri = {
  /** Lower case. */
  readonly scheme: string
  /** The text between `//` and the next slash; empty if there is none. */
  readonly host: string
  /** The path as it was written, without query and fragment. */
  readonly path: string
  /**
   * The path's parts, percent-decoded until nothing changes; at least one, none `.`, `..` or empty.
   */
  readonly segments: readonly string[]
}

/**
 * Take a source apart, and refuse what could lead outside its own root: local paths in any
 * disguise, parent segments however encoded, NUL, and paths that are not absolute.
 *
 * @throws INVALID_PARAMETER_VALUE
 */
export function parseSourceUri(source: string): SourceUri {
  checkLength(source, sourceCharsMax, 'source')
  const match = /^([a-z][a-z0-9+.-]+):(?:\/\/([^/?#\\]*))?([^?#]*)/i.exec(source)
  const scheme = match?.[1]?.toLowerCase()
  // A scheme of one letter is a Windows drive.
  if (!match || scheme === undefined || scheme === 'file') throw localSource(source)
  const decoded = decodePercent(source)
  if (decoded.includes('\u0000') || decoded.split(/[/\\]/).includes('..')) {
    throw relativeSource(source)
  }
  const path = match[3] ?? ''
  const segments = decodePercent(path)
    .split('/')
    .filter((part) => part !== '')
  if (!path.startsWith('/') || segments.length === 0 || segments.includes('.')) {
    throw relativeSource(source)
  }
  return { scheme, host: match[2] ?? '', path, segments }
}

function localSource(source: string): RegistryError {
  return invalid(
    `${messages.wrongSource(source)}: local paths cannot be a source; log the ` +
      'files to a run and name them as runs:/<run_id>/<path>',
  )
}

function relativeSource(source: string): RegistryError {
  return invalid(
    `${messages.wrongSource(source)}: it must be an absolute path without ` +
      'relative parts, encoded or not',
  )
}
