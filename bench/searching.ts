import { type Case, cases } from './cases.ts'
import { type Measured, measure } from './load.ts'
import { type BenchServer, startGatehouse } from './servers.ts'
import { prepare, type World } from './world.ts'

const searchersAtOnce = 2
const seconds = { warmUp: 2, measured: 8 }

/** What searches of 10,000 runs take from those who log meanwhile: log-metric by itself, and beside them. */
export async function measureSearching(): Promise<void> {
  const server = await startGatehouse()
  try {
    const world = await prepare(server)
    const logging = caseOf('log-metric')
    let at = 0
    const log = () => measure(server, () => logging.callOf(world, at++), seconds)
    const alone = await log()
    const searching = startSearches(server, world)
    const beside = await log()
    const searches = await searching.stop()
    console.log('log-metric, 16 connections | a second | p50 ms | p99 ms')
    for (const [name, figures] of Object.entries({ alone, 'beside searches': beside })) {
      console.log(rowOf(name, figures))
    }
    console.log(`${searches} searches meanwhile, ${searchersAtOnce} at once`)
  } finally {
    await server.stop()
  }
}

function caseOf(name: string): Case {
  const found = cases.find((one) => one.name === name)
  if (!found) throw new Error(`no case is called ${name}`)
  return found
}

function rowOf(name: string, { perSecond, p50Ms, p99Ms }: Measured): string {
  return [name, ...[perSecond, p50Ms, p99Ms].map((value) => value.toFixed(1))].join(' | ')
}

function startSearches(server: BenchServer, world: World) {
  let [isOver, count] = [false, 0]
  const { path, body } = caseOf('filtered search, 10,000 runs').callOf(world, 0)
  const headers = { 'content-type': 'application/json', ...server.headers }
  const searcher = async () => {
    while (!isOver) {
      const res = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers,
        body: String(body ?? ''),
      })
      if (!res.ok) throw new Error(`a search answered ${res.status}: ${await res.text()}`)
      await res.arrayBuffer()
      count++
    }
  }
  const all = Promise.all(Array.from({ length: searchersAtOnce }, searcher))
  const stop = async () => {
    isOver = true
    await all
    return count
  }
  return { stop }
}
