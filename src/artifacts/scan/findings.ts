import { matchesGlob } from '../../core/glob.ts'
import { importText, isImportAllowed, levelOfImport } from './known-imports.ts'
import type { ManifestScan } from './read-scans.ts'
import type { FoundCode } from './search-text.ts'

/**
 * Something of a file that may run when it is loaded: `dangerous` and `unlisted` names that a pickle
 * imports, `code`, `template`, `lambda`, `operation`; or `unread`: it could not be read whole.
 */
export type ScanFinding = {
  readonly path: string
  readonly what: 'dangerous' | 'unlisted' | 'unread' | FoundCode['what']
  /** The name, the place in the file, or why it could not be read. */
  readonly detail: string
}

/** What somebody accepts: names that pickles import, and globs of files that may hold anything. */
export type ScanAllowance = {
  readonly allow?: readonly string[] | undefined
  readonly allow_files?: readonly string[] | undefined
}

/** What was found in the files of a version, but for what is allowed. */
export function findingsOf(
  { told }: Pick<ManifestScan, 'told'>,
  { allow = [], allow_files: files = [] }: ScanAllowance = {},
): ScanFinding[] {
  return told
    .filter(({ path }) => !files.some((glob) => matchesGlob(glob, path)))
    .flatMap(({ path, imports, found, unread }) => [
      ...imports.flatMap((imported): ScanFinding[] => {
        const what = levelOfImport(imported)
        if (what === 'harmless' || isImportAllowed(imported, allow)) return []
        return [{ path, what, detail: importText(imported) }]
      }),
      ...found.map(({ what, where }): ScanFinding => ({ path, what, detail: where })),
      ...(unread === undefined ? [] : [{ path, what: 'unread' as const, detail: unread }]),
    ])
}
