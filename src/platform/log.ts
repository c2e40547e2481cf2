/**
 * One line of the structured log, on stderr.
 *
 * @param fields never secrets, nor a URL's query, which may contain signatures
 */
export function logError(fields: Readonly<Record<string, unknown>>): void {
  console.error(JSON.stringify({ time: new Date().toISOString(), level: 'error', ...fields }))
}

/** As `logError`, of what the operator should know and nobody need mend. */
export function logWarning(fields: Readonly<Record<string, unknown>>): void {
  console.error(JSON.stringify({ time: new Date().toISOString(), level: 'warning', ...fields }))
}

/** The text of a failure for the log, with where it happened. */
export function failureText(err: unknown): string {
  return err instanceof Error ? (err.stack ?? err.message) : String(err)
}
