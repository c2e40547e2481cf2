/** Something that put a version into a stage, as the audit log has it. */
export type Entered = {
  readonly version: number
  /** It came back by a rollback. */
  readonly isRollback: boolean
}

/**
 * The versions that held a stage, from now on back. After a rollback the history goes on from where
 * the version it brought back had got the stage before: what was rolled back is passed over, so that
 * a second rollback goes further back and not to the version that the first one took away.
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
 * Which versions a rollback may bring back, the likeliest first: those that held the stage before
 * the newest of the present holders got it, or, where the stage is empty, all that ever held it.
 *
 * @param holders numbers of the versions in the stage
 */
export function versionsBefore(entries: readonly Entered[], holders: readonly number[]): number[] {
  const versions = versionsBackwards(entries)
  const at = versions.findIndex((version) => holders.includes(version))
  return at === -1 ? versions : versions.slice(at + 1).filter((version) => version !== versions[at])
}
