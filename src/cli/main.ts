import { mendFetch } from '../platform/node/mend-fetch.ts'
import { runProgram } from './program/run-program.ts'
import { mapStacks } from './server/mapped-stacks.ts'

mapStacks(import.meta.url)
mendFetch()

// A reader such as `head` closes the pipe when it has enough.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code !== 'EPIPE') throw err
  process.exit(0)
})

const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  in: process.stdin,
  out: process.stdout,
  err: process.stderr,
  send: fetch,
})
// `gatehouse worker` goes on after it has started, so a good end is left to the process.
if (code === 0) process.exitCode = 0
else process.exit(code)
