import type { Command } from 'commander'
import { StartError } from '../../platform/start-error.ts'

/** Give a command the flag that `jobsOf` reads. */
export function addJobs(command: Command): Command {
  return command.option('--jobs <n>', 'runs that are moved at a time, 1 to 32', '4')
}

/** How many runs are moved at a time. @throws StartError it is out of bounds */
export function jobsOf(command: Command): number {
  const { jobs } = command.opts<{ jobs: string }>()
  const count = Number(jobs)
  if (Number.isInteger(count) && count >= 1 && count <= 32) return count
  throw new StartError(`--jobs must be from 1 to 32, not '${jobs}'`)
}
