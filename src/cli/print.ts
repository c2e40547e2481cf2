import type { Command } from 'commander'

/** Print what a command found: JSON with `--json`, else the lines that a person reads. */
export function print(command: Command, found: unknown, lines: () => readonly string[]): void {
  if (command.opts<{ json?: true }>().json) console.log(JSON.stringify(found))
  else for (const line of lines()) console.log(line)
}

/** For an option that may be repeated. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value]
}
