/**
 * One line of the structured log, on stderr.
 *
 * @param fields never secrets, nor a URL's query, which may hold signatures
 */
export function logError(fields: Readonly<Record<string, unknown>>): void {
  console.error(JSON.stringify({ time: new Date().toISOString(), level: 'error', ...fields }))
}
