/** How long a call stands still for another process that writes: short writes end within it. */
export const lockedTurnMs = 5
/** How long a write waits in all for other processes to let go of the file. */
export const lockedMsMax = 5000
/** How long closing stands still for another process, for what still waits and for the journal each. */
export const lockedClosingMs = 150
/** Between two attempts other work goes on. */
export const lockedPauseMs = 25

/** Whether another process keeps the file locked. */
export function isLocked(err: unknown): boolean {
  return err instanceof Error && 'code' in err && err.code === 'SQLITE_BUSY'
}

/**
 * What `work` gives, tried again while another process keeps the file locked; other work goes on meanwhile.
 *
 * @throws what `work` throws, and that the file is locked once it has been for `lockedMsMax`
 */
export async function retryWhileLocked<T>(work: () => T): Promise<T> {
  const untilMs = performance.now() + lockedMsMax
  for (;;) {
    try {
      return work()
    } catch (err) {
      if (!isLocked(err) || performance.now() > untilMs) throw err
      await new Promise((done) => setTimeout(done, lockedPauseMs))
    }
  }
}
