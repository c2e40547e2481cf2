/** What the exit code of the program tells, for scripts. docs/cli.md has this table. */
export const exitCodes = {
  done: 0,
  /** One sentence on standard error says what. */
  failed: 1,
  /** Of `promote`: the request was rejected, closed, superseded or has expired. */
  refused: 2,
  /** Something still blocks the move: it waits in a promotion request. */
  waits: 3,
} as const

export const exitCodeHelp = `Exit codes:
  0  done
  1  it failed, and one sentence says why; a verification found damage; a receiver did not take a test
  2  of promote: the request was rejected, closed or superseded, or it expired
  3  something still blocks the move`
