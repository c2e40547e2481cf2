import { CommanderError } from 'commander'
import { WaitingError } from '../../client/client.ts'
import { SettingError } from '../../platform/settings/read-settings.ts'
import { StartError } from '../../platform/start-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { type CliIo, exitCodeOf, startRun, writeError } from '../io.ts'
import { type CommandGroups, createProgram } from './program.ts'

/**
 * Run the command line once. What a user or an operator did wrong is one sentence on standard error;
 * anything else is a bug, and is shown whole.
 *
 * @param args without the name of the program
 * @returns the exit code
 */
export async function runProgram(
  args: readonly string[],
  io: CliIo,
  commands: CommandGroups,
): Promise<number> {
  const program = createProgram(io, commands)
  startRun(program, io)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCodeOf(program)
  } catch (err) {
    // The library has written its message, or the help that was asked for.
    if (err instanceof CommanderError) return err.exitCode
    const isExpected = err instanceof StartError || err instanceof SettingError
    if (isExpected) writeError(io, err.message)
    else io.err.write(`${stackOf(err)}\n`)
    return isWaiting(err) ? exitCodes.waits : exitCodes.failed
  }
}

/** Whether a command failed because its move waits in a promotion request. */
function isWaiting(err: unknown): boolean {
  return err instanceof StartError && err.cause instanceof WaitingError
}

function stackOf(err: unknown): string {
  return err instanceof Error ? (err.stack ?? err.message) : String(err)
}
