import type { Command, Option } from 'commander'
import { commandGroups } from '../../src/cli/program/commands.ts'
import { createProgram } from '../../src/cli/program/program.ts'

/** What every command of a server has; the page tells of them once. */
const common = ['--server', '--json', '--utc', '--help', '--version']

/** A table of its commands for each heading of the help. */
export function commandTables(): string {
  const groups = Map.groupBy(program().commands.filter(isShown), (command) => command.helpGroup())
  return [...groups]
    .map(([heading, commands]) => {
      const rows = commands.flatMap((command) => leavesOf(command).map(row))
      return [
        `### ${heading.replace(/:$/, '')}`,
        '',
        '| command | flags of its own | what it does |',
        '|---|---|---|',
        ...rows,
      ].join('\n')
    })
    .join('\n\n')
}

/** The words of every command, as in `versions move`. */
export function commandNames(): string[] {
  return program().commands.filter(isShown).flatMap(leavesOf).map(wordsOf)
}

function program(): Command {
  return createProgram({ out: process.stdout, err: process.stderr }, commandGroups())
}

function isShown(command: Command): boolean {
  return !['help', 'complete'].includes(command.name())
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf)
}

function wordsOf(command: Command): string {
  const { parent } = command
  return parent?.parent ? `${wordsOf(parent)} ${command.name()}` : command.name()
}

function row(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  const flags = command.options.filter(isOwn).map((option) => {
    const choices = option.argChoices ? `: ${option.argChoices.join(', ')}` : ''
    const shown = choices.length > 100 ? '' : choices
    return `\`${option.flags}\`${option.mandatory ? ' (needed)' : ''}${shown}`
  })
  const cells = [
    `\`${[wordsOf(command), ...args].join(' ')}\``,
    flags.join('<br>'),
    command.description(),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** Neither for every command nor a setting, which docs/operations.md has. */
function isOwn(option: Option): boolean {
  return (
    !option.hidden && !common.includes(option.long ?? '') && !option.description.includes('(env: ')
  )
}
