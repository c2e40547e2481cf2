import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'

/**
 * `gatehouse completion bash|zsh|fish` prints a script for the shell, which asks `gatehouse complete`
 * what may come next. Call it when all commands are there.
 */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' })
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print a script that makes a shell complete commands and flags')
    .helpGroup('Shell:')
}
