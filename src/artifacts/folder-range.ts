/**
 * All paths below a folder, as a range of the index: from `folder/` to before `folder0`, since `0`
 * follows `/`. The empty path is the root.
 */
export function belowFolder(folder: string): { readonly start: string; readonly end: string } {
  // Nothing in UTF-8 sorts after U+10FFFF.
  return folder === ''
    ? { start: '', end: '\u{10ffff}' }
    : { start: `${folder}/`, end: `${folder}0` }
}

/** The last segment of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** The folders that a path lies in, outermost first: `a/b/c` is in `a` and `a/b`. */
export function foldersAbove(path: string): string[] {
  const segments = path.split('/').slice(0, -1)
  return segments.map((_, i) => segments.slice(0, i + 1).join('/'))
}
