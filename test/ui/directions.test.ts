import { expect, test } from 'vitest'
import { directionsOf } from '../../src/ui/parts/directions.ts'
import { rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const tagged = (...tags: readonly (readonly [string, string])[]) => ({
  tags: tags.map(([key, value]) => ({ key, value })),
})

test('which way a metric is better is said by tags before its name, by nobody where they differ', () => {
  const of = (...all: readonly (readonly (readonly [string, string])[])[]) =>
    directionsOf(
      [],
      all.map((one) => tagged(...one)),
    )
  expect(of()('loss')).toBe('down')
  expect(of([['gatehouse.metric.better.loss', 'higher']])('loss')).toBe('up')
  expect(of([['gatehouse.metric.better.loss', ' Lower ']])('loss')).toBe('down')
  expect(of([['gatehouse.metric.better.loss', 'sideways']])('loss')).toBe('down')
  expect(of([['gatehouse.metric.better.stars', 'higher']])('other')).toBeUndefined()
  const chosen: [string, string][] = [
    ['gatehouse.metric', 'stars'],
    ['gatehouse.metric.better', 'lower'],
  ]
  expect([of(chosen)('stars'), of(chosen)('accuracy')]).toEqual(['down', 'up'])
  const own: [string, string] = ['gatehouse.metric.better.stars', 'higher']
  expect(of([...chosen, own])('stars')).toBe('up')
  expect(of(chosen, [own])('stars')).toBeUndefined()
  expect(of(chosen, [])('stars')).toBe('down')
})

/** Two runs of `nightly`, whose tags say that fewer stars are better. */
async function starsWorld() {
  const world = await runsWorld()
  const { post, logRun, as, rita } = world
  const run = (name: string, ...values: readonly number[]) =>
    logRun({
      name,
      metrics: ['stars', 'auc'].flatMap((key) =>
        values.map((value, step) => ({ key, value, step, timestamp: step })),
      ),
    })
  const ids = [await run('one', 4, 3), await run('two', 5, 9)]
  const say = (key: string, value: string) =>
    post('experiments/set-experiment-tag', { experiment_id: '1', key, value })
  await say('gatehouse.metric', 'stars')
  await say('gatehouse.metric.better', 'lower')
  return { ...world, ids, say, get: as(rita).get }
}

test('the page of a run marks the better extreme as a tag of its experiment says', async () => {
  const { get, ids } = await starsWorld()
  const { html } = await get(`/runs/${ids[0]}`)
  const row = rowsOf(html).find((one) => one.startsWith('stars'))
  expect(row).toBe('stars 3 3 best 4 1')
})

test('runs are compared by the metric of the tag, and the best one has a badge', async () => {
  const { get, ids, as, rita, say } = await starsWorld()
  const { html } = await get(`/runs/compare?ids=${ids}`)
  expect(html).toContain('<strong><bdi>stars</bdi></strong>')
  const text = textOf(html)
  expect(text).toContain('stars less is better 3 best 9 +6 (+200 %) worse')
  expect(text).toMatch(/one best by stars base/)
  expect(text).not.toMatch(/two best by/)
  const drawn = textOf((await get(`/runs/compare?in=1&view=parallel&color=m.stars`)).html)
  expect(drawn).toContain('Best by stars : one')
  expect(drawn).toContain('by stars , the least first')
  await say('gatehouse.metric', '"><img src=x onerror=alert(1)>')
  const odd = await as(rita).get(`/runs/compare?ids=${ids}`)
  expect([odd.status, odd.html.includes('<img')]).toEqual([200, false])
})

test('the header of a metric sorts the best first, and its column stands first', async () => {
  const { get } = await starsWorld()
  const { html } = await get('/experiments/1?col=m.stars&col=m.auc&col=m.stars:min')
  expect(html).toMatch(/[?&;]sort=m\.stars["&]/)
  expect(html).toContain('sort=-m.auc')
  expect(html).toMatch(/stars \(min\)<\/bdi> ?<span class="soft">best/)
  const usual = (await get('/experiments/1')).html
  expect(usual.indexOf('sort=m.stars')).toBeLessThan(usual.indexOf('sort=-m.auc'))
})
