import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below those that systems give out by themselves (32768 to 60999 on Linux, from 49152 elsewhere), so that
 * nobody is given one between its choice and its use, which may be half a minute for a program in Python.
 */
const range = { from: 20_000, below: 30_000 }
const attemptsMax = 100

/**
 * A port of this machine that nothing listens on, for a program that takes its port as an argument.
 *
 * @throws Error none of a hundred that were tried was free
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = randomInt(range.from, range.below)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port was found between ${range.from} and ${range.below}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
  })
}
