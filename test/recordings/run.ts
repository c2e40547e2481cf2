/** Replays recorded traffic of MLflow's own server against ours, and compares the answers. */
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endAll } from '../runner/processes.ts'
import { startNodeServer } from '../runner/servers.ts'
import { differences } from './compare.ts'
import { Names } from './names.ts'
import { type Exchange, type Json, readRecording } from './recording.ts'
import { type Answer, send } from './send.ts'

const root = new URL('../..', import.meta.url).pathname
const folder = process.env.GATEHOUSE_RECORDINGS ?? join(root, '../shared/reference/recordings')

/** What was recorded with webhooks to http and to private addresses allowed. */
const openWebhooks = ['--webhook-schemes', 'http,https', '--webhook-allow-private']

/** Each list is replayed in order on one server that starts empty, as it was recorded. */
const sessions: readonly Session[] = [
  {
    names: [
      'a-seed-sklearn',
      'a2-second-version-and-model-uris',
      'c-registry-client-tour',
      'd-prompt-registry-tour',
      'g-logging-tour',
      'g2-logged-models-tour',
      'b-autolog-gridsearch-nested',
      'i-old-client-2.22.5',
      'i-old-client-1.30.1',
      'f-models-serve',
    ],
    compareAnswers: true,
    flags: [],
  },
  {
    names: [
      'probe-encoding-errors',
      'probe-experiments-runs',
      'probe-search-runs-experiments',
      'probe-registry',
      'probe-registry-search',
      'probe-artifacts',
      'probe-logged-models',
      'probe-misc',
      'probe-misc2',
    ],
    compareAnswers: false,
    flags: [],
  },
  {
    names: ['e-webhook-client-tour'],
    compareAnswers: true,
    flags: openWebhooks,
  },
  {
    names: ['probe-webhooks'],
    compareAnswers: false,
    flags: openWebhooks,
  },
  {
    folder: '../genai-recordings',
    names: [
      'ga-trace-sync',
      'gb-trace-async',
      'gc-trace-links',
      'gd-assessments',
      'ge-datasets',
      'gf-evaluate',
      'gf2-evaluate-dataset',
      'gf3-evaluate-traces',
      'gg-scorers',
      'gh-search-delete',
      'gi-prompt-extras',
      'gj-reviews',
      'gk-async-steady',
      'gl-async-batch-100',
    ],
    compareAnswers: true,
    flags: [],
  },
  {
    folder: '../genai-recordings',
    names: [
      'probe-genai-start-trace',
      'probe-genai-otlp',
      'probe-genai-values-concurrency',
      'probe-genai-token-merge',
      'probe-genai-get',
      'probe-genai-search',
      'probe-genai-tags-delete-links',
      'probe-genai-assessments',
      'probe-genai-metrics-correlation',
      'probe-genai-datasets',
      'probe-genai-scorers-reviews-issues',
      'probe-genai-more',
      'probe-genai-gateway-misc',
    ],
    compareAnswers: false,
    flags: [],
  },
]

type Session = {
  readonly names: readonly string[]
  readonly compareAnswers: boolean
  readonly flags: readonly string[]
  /** Beside that of the others. */
  readonly folder?: string
}

/** A difference that is meant: `matches` is a pattern for the line that reports it. */
type Listed = { readonly matches: string; readonly reason: string }

async function main(): Promise<number> {
  if (!(await exists(folder))) {
    console.log(`skipped: no recordings at ${folder}; GATEHOUSE_RECORDINGS may name their folder`)
    console.log('0 passed, 0 failed, 1 skipped')
    return 0
  }
  const listed = new ListedDifferences(
    JSON.parse(await readFile(new URL('differences.json', import.meta.url), 'utf8')),
  )
  const sums = { passed: 0, failed: 0, skipped: 0 }
  for (const session of sessions) {
    for await (const problems of replay(session)) {
      const unlisted = problems?.filter((problem) => !listed.has(problem))
      if (unlisted === undefined) sums.skipped++
      else if (unlisted.length === 0) sums.passed++
      else sums.failed++
      if (unlisted?.length) console.log(unlisted.join('\n'))
    }
  }
  for (const matches of listed.unused) console.log(`listed, but no longer so: ${matches}`)
  sums.failed += listed.unused.size
  console.log(`${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`)
  return sums.failed === 0 ? 0 : 1
}

/** The differences that are meant, and which of them no exchange has shown. */
class ListedDifferences {
  readonly unused: Set<string>
  private readonly patterns: Map<string, RegExp>

  constructor(listed: readonly Listed[]) {
    this.unused = new Set(listed.map((entry) => entry.matches))
    this.patterns = new Map(listed.map(({ matches }) => [matches, new RegExp(matches)]))
  }

  has(problem: string): boolean {
    let found = false
    for (const [matches, pattern] of this.patterns) {
      if (!pattern.test(problem)) continue
      this.unused.delete(matches)
      found = true
    }
    return found
  }
}

/** What each exchange came to, in lines; none where it went as recorded, undefined where its body is lost. */
async function* replay({
  names: recordings,
  compareAnswers,
  flags,
  folder: beside = '.',
}: Session) {
  const given = process.env.GATEHOUSE_TEST_URL
  const server = given ? undefined : await startNodeServer(undefined, flags)
  const url = given ?? server?.url ?? ''
  const names = new Names()
  try {
    for (const recording of recordings) {
      for (const exchange of await readRecording(join(folder, beside), recording)) {
        if (exchange.body.kind === 'lost') {
          yield undefined
          continue
        }
        const answer = await send(url, exchange, names)
        const head = `${exchange.title} ${exchange.method} ${exchange.path}`
        yield compared(exchange, answer, names, compareAnswers).map((line) => `${head}: ${line}`)
      }
    }
  } finally {
    await server?.stop()
    endAll()
  }
}

function compared(
  exchange: Exchange,
  answer: Answer,
  names: Names,
  compareAnswers: boolean,
): string[] {
  const { status, answer: recorded } = exchange
  const text = answer.bytes.toString('utf8')
  if (answer.status !== status) {
    return [`status was ${status}, is ${answer.status} ${text.slice(0, 200)}`]
  }
  if (recorded.kind === 'json' && text.startsWith('{')) {
    const ours: Json = JSON.parse(text)
    names.learn(recorded.json, ours)
    return compareAnswers ? differences(names.translateAll(recorded.json), ours) : []
  }
  if (!compareAnswers) return []
  // Only what was found is compared: pages that say 404 are MLflow's own.
  if ((recorded.kind === 'binary' || recorded.kind === 'text') && status < 400) {
    const size = answer.bytes.length
    return size === recorded.sizeBytes ? [] : [`size was ${recorded.sizeBytes}, is ${size}`]
  }
  return []
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

process.exitCode = await main()
