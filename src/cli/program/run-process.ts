import { mendFetch } from '../../platform/node/mend-fetch.ts'
import { mapStacks } from '../server/mapped-stacks.ts'
import type { CommandGroups } from './program.ts'
import { runProgram } from './run-program.ts'

/**
 * Run the command line of this process, and end it with the exit code.
 *
 * @param bundle URL of the file that runs
 */
export async function runProcess(bundle: string, commands: CommandGroups): Promise<void> {
  mapStacks(bundle)
  mendFetch()

  // A reader such as `head` closes the pipe when it has enough.
  process.stdout.on('error', (err: NodeJS.ErrnoException) => {
    if (err.code !== 'EPIPE') throw err
    process.exit(0)
  })

  const { env, stdin, stdout, stderr } = process
  const io = { env, in: stdin, out: stdout, err: stderr, send: fetch }
  const code = await runProgram(process.argv.slice(2), io, commands)
  // `gatehouse worker` goes on after it has started, so a good end is left to the process.
  if (code === 0) process.exitCode = 0
  else process.exit(code)
}
