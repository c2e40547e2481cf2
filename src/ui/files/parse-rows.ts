const rowsMax = 201
const cellsMax = 100

/** The first rows of a text of separated values, as RFC 4180 has them; quotes may hold line ends. */
export function parseRows(text: string, separator: ',' | '\t'): string[][] {
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|\\r|$)`,
    'gy',
  )
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(cell)) {
    if (row.length < cellsMax) row.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === separator) continue
    if (row.length > 1 || row[0] !== '') rows.push(row)
    if (rows.length === rowsMax) break
    row = []
  }
  return rows
}
