/** An audit entry that put a version into a stage. */
export type Entered = {
  readonly version: number
  /** It came back by a rollback. */
  readonly isRollback: boolean
}

/**
 * The versions that were in a stage, newest first. After a rollback the history continues from
 * where the version that came back had entered the stage before. What was rolled back is skipped,
 * so that a second rollback goes further back and not to the version that the first one took away.
 *
 * @param entries newest first
 */
export function versionsBackwards(entries: readonly Entered[]): number[] {
  const versions: number[] = []
  let soughtVersion: number | undefined
  for (const { version, isRollback } of entries) {
    if (soughtVersion !== undefined && version !== soughtVersion) continue
    if (soughtVersion === undefined) versions.push(version)
    soughtVersion = isRollback ? version : undefined
  }
  return versions
}

/**
 * Which versions a rollback may bring back, the likeliest first: those that were in the stage
 * before the newest of the present ones entered it or, if the stage is empty, all that were ever in
 * it.
 *
 * @param holders numbers of the versions in the stage
 */
export function versionsBefore(entries: readonly Entered[], holders: readonly number[]): number[] {
  const versions = versionsBackwards(entries)
  const at = versions.findIndex((version) => holders.includes(version))
  return at === -1 ? versions : versions.slice(at + 1).filter((version) => version !== versions[at])
}
