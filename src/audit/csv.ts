/** One row of CSV by RFC 4180: lines end with CR LF. What is no text stands there as JSON. */
export function csvRowOf(values: readonly unknown[]): string {
  return `${values.map(csvCellOf).join(',')}\r\n`
}

/**
 * A spreadsheet runs a cell that begins like a formula, so such a text gets an apostrophe in front, as
 * OWASP advises (CSV injection). Full-width forms count, since some spreadsheets fold them.
 */
function csvCellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'bigint') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe =
    typeof value === 'string' && /^[\s]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text)
      ? `'${text}`
      : text
  return /[",\r\n]|^\s|\s$|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
