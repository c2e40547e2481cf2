import { Command } from 'commander'
import packageJson from '../../../package.json' with { type: 'json' }
import { exitCodeHelp } from '../exit-codes.ts'
import type { CliIo } from '../io.ts'
import { addCompletion } from './completion.ts'

/** Commands by the heading under which the help lists them. */
export type CommandGroups = Readonly<Record<string, readonly Command[]>>

/** The command line with these commands. A mistake in its arguments is thrown, after its message was written. */
export function createProgram(io: Pick<CliIo, 'out' | 'err'>, groups: CommandGroups): Command {
  const program = new Command('gatehouse')
    .description("A model registry and tracking server that speaks MLflow's REST API.")
    .version(packageJson.version)
    // Without this, `--version` after a subcommand (`audit list --version 3`) would be the one above.
    .enablePositionalOptions()
    .addHelpText('after', `\n${exitCodeHelp}`)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false, helpWidth: helpWidthOf(io) })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
    })
  for (const [heading, commands] of Object.entries(groups)) {
    for (const command of commands) program.addCommand(command.helpGroup(heading))
  }
  addCompletion(program)
  for (const command of program.commands) inheritSettings(program, command)
  return program
}

function helpWidthOf({ out }: Pick<CliIo, 'out'>): number {
  return out.columns ?? 100
}

function inheritSettings(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inheritSettings(command, child)
}
