import type { Command } from 'commander'

/** With `--json` print `value`, the API's answer; without it print the lines for people. */
export function print(
  command: Command,
  value: unknown,
  lines: readonly string[] | (() => readonly string[]),
): void {
  if (isJson(command)) console.log(JSON.stringify(value))
  else for (const line of typeof lines === 'function' ? lines() : lines) console.log(line)
}

/** Whether `--json` is given, for commands whose two outputs come from two endpoints. */
export function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: true }>().json === true
}

/** Rows in columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A time in a form for people; `fallback` where there is none. */
export function day(ms: number | undefined, fallback: string): string {
  return ms === undefined ? fallback : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}
