import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { admin } from '../../support/auth-server.ts'
import { busyWorld } from '../../ui/deployments-world.ts'
import { tracesWorld } from '../../ui/traces-world.ts'
import { lacksBrowser, useBrowser } from './browser.ts'

/**
 * The pictures of README.md and docs/, of the pages as they are. `npm run pictures` writes them; a test run looks only
 * whether they can be taken, since letters differ from machine to machine.
 */
const folder = process.env.GATEHOUSE_PICTURES

const isLacking = await lacksBrowser()
const { openContext, serve } = useBrowser(isLacking)

const wide: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
}

type Picture = {
  readonly path: string
  readonly as: string
  readonly look?: BrowserContextOptions
  /** All of the page, and not what the window shows of it. */
  readonly isWhole?: boolean
  readonly before?: (page: Page) => Promise<void>
}

/** Takes pictures of one world, at its own time. */
async function album(world: Pick<Awaited<ReturnType<typeof busyWorld>>, 'platform' | 'clock'>) {
  const url = await serve(world.platform)
  return async (name: string, { path, as, look = wide, isWhole = false, before }: Picture) => {
    const context = await openContext({ ...look, extraHTTPHeaders: { authorization: as } })
    const page = await context.newPage()
    await page.clock.setFixedTime(world.clock.now())
    await page.goto(url + path)
    await before?.(page)
    await page.mouse.move(0, 0)
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
    expect(scrollWidth).toBe(clientWidth)
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    const shot = { fullPage: isWhole, animations: 'disabled' as const }
    await page.screenshot(folder ? { ...shot, path: `${folder}/${name}.png` } : shot)
  }
}

const hourMs = 3_600_000

/** A loss that falls, with the noise of a run that has this number. */
function lossOf(run: number, steps: number): object[] {
  const noise = (step: number) => Math.sin(step * 12.9898 * (run + 1)) * 0.5
  return Array.from({ length: steps }, (_, step) => ({
    ...{ key: 'loss', step, timestamp: 1_800_000_000_000 + step * 1000 },
    value: 0.9 / (1 + step / (40 + 25 * run)) + 0.06 * noise(step) + 0.05 * run,
  }))
}

/** A sweep of the experiment `nightly`; one run diverged, one has a gap and a spike. @returns the ids of the first */
async function logSweep({ logRun, clock, post }: Awaited<ReturnType<typeof tracesWorld>>) {
  const ids: string[] = []
  for (let run = 0; run < 8; run++) {
    clock.pass(hourMs / 3)
    const lr = [0.01, 0.02, 0.05, 0.1][run % 4]
    const points = lossOf(run % 3, 400).filter((_, step) => run !== 1 || step < 180 || step > 225)
    if (run === 1) Object.assign(points[120] ?? {}, { value: 1.1 })
    if (run === 2) Object.assign(points[300] ?? {}, { value: 'NaN' })
    const accuracy = 0.925 - 0.004 * run - 0.002 * (run % 3)
    const last = { step: 399, timestamp: 1_800_000_400_000 }
    const id = await logRun({
      name: `${run < 4 ? 'forest' : 'boosted'}-${String(run + 1).padStart(2, '0')}`,
      metrics: [
        ...points,
        { ...last, key: 'accuracy', value: accuracy },
        { ...last, key: 'recall.young', value: 0.79 - 0.01 * (run % 4) },
      ],
      params: [
        { key: 'lr', value: String(lr) },
        { key: 'depth', value: String(6 + (run % 3)) },
        { key: 'trees', value: String(100 + 50 * (run % 2)) },
      ],
    })
    const end_time = clock.now() + 60_000 * (11 + run)
    await post('runs/update', { run_id: id, status: run === 5 ? 'FAILED' : 'FINISHED', end_time })
    ids.push(id)
  }
  return ids
}

const spans = [
  { id: 1, name: 'answer', type: 'AGENT', ms: [0, 4210] },
  { id: 2, parent: 1, name: 'plan', type: 'CHAT_MODEL', ms: [20, 640] },
  { id: 3, parent: 1, name: 'gather', type: 'CHAIN', ms: [650, 2300] },
  { id: 4, parent: 3, name: 'search transactions', type: 'RETRIEVER', ms: [660, 2280] },
  { id: 5, parent: 4, name: 'embed', type: 'EMBEDDING', ms: [670, 820] },
  { id: 6, parent: 4, name: 'rank', type: 'RERANKER', ms: [1500, 2270] },
  { id: 7, parent: 3, name: 'lookup cards', type: 'TOOL', ms: [670, 1180] },
  { id: 8, parent: 3, name: 'lookup owners', type: 'TOOL', ms: [680, 900], status: 2 },
  { id: 9, parent: 3, name: 'lookup owners', type: 'TOOL', ms: [920, 1300] },
  { id: 10, parent: 1, name: 'write', type: 'CHAT_MODEL', ms: [2320, 4100] },
  { id: 11, parent: 1, name: 'check', type: 'GUARDRAIL', ms: [4110, 4200] },
].map(({ ms: [from = 0, to = 0], ...span }) => ({
  ...span,
  startMs: Date.UTC(2026, 10, 24, 12) + from,
  endMs: Date.UTC(2026, 10, 24, 12) + to,
  attributes: {
    'mlflow.spanInputs': JSON.stringify({ query: 'card payments abroad since yesterday' }),
    'mlflow.spanOutputs': JSON.stringify([
      { page_content: 'card 77 · Lisbon · 41.20', metadata: { doc_uri: 'tx/2026-11-23' } },
      { page_content: 'card 12 · Lisbon · 9.90', metadata: { doc_uri: 'tx/2026-11-23' } },
    ]),
  },
}))

const said = {
  ...{ session: 'chat-118', question: 'Which cards paid abroad since yesterday?' },
  ...{ answer: 'Two: 77 and 12, both in Lisbon.', tookMs: 4210, tags: { team: 'risk' } },
  metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens": 1000, "output_tokens": 204}' },
  assessments: [
    {
      ...{ assessment_id: 'a-1', assessment_name: 'grounded', feedback: { value: true } },
      source: { source_type: 'HUMAN', source_id: 'rita' },
      rationale: 'Both are in the transactions.',
    },
    {
      ...{ assessment_id: 'a-2', assessment_name: 'relevance', feedback: { value: 0.9 } },
      source: { source_type: 'LLM_JUDGE', source_id: 'judge-v2' },
    },
  ],
}

describe.skipIf(isLacking)('pictures of the tour', () => {
  test('models, requests, runs and traces', async () => {
    const world = await tracesWorld()
    const { clock, name, register, move, call, mlflow, ann, rita, id, logTrace } = world
    await register({ metrics: { accuracy: 0.921, 'recall.young': 0.8 }, params: { lr: '0.05' } })
    const ids = await logSweep(world)
    const trace = await logTrace(1, said, spans)
    for (const [alias, version] of [
      ['champion', '2'],
      ['next', '3'],
    ]) {
      await mlflow(ann, 'POST', 'registered-models/alias', { name, alias, version })
    }
    const tag = { name, key: 'gatehouse.metric', value: 'accuracy' }
    await mlflow(ann, 'POST', 'registered-models/set-tag', tag)
    const passed = { name: 'integration-tests', status: 'passed', summary: '412 tests' }
    await call(admin, 'POST', `/api/v1/promotions/${id}/checks`, passed)
    await call(rita, 'POST', `/api/v1/promotions/${id}/reviews`, {
      ...{ decision: 'comment', comment: 'Recall of the young falls. Is that the new sample?' },
    })
    await move(4, 'Staging')
    clock.pass(2 * hourMs)

    const take = await album(world)
    const request = { path: `/promotions/${id}`, as: rita }
    await take('promotion-request', { ...request, isWhole: true })
    await take('phone', { ...request, look: phone })
    await take('model', { path: `/models/${name}`, as: admin })
    await take('runs', { path: '/experiments/1', as: ann })
    const compared = `/runs/compare?ids=${ids.slice(0, 3).join(',')}&metric=loss`
    await take('compare-runs', { path: compared, as: ann })
    await take('trace', { path: `/traces/${trace}?span=0000000000000004`, as: ann })
  }, 120_000)

  test('deployments', async () => {
    const world = await busyWorld()
    const take = await album(world)
    await take('deployment', { path: '/deployments/fraud-ab', as: world.ann, isWhole: true })
  }, 60_000)
})
