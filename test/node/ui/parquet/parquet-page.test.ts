import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { runsWorld } from '../../../ui/runs-world.ts'
import { faultsOf, lacksBrowser, useBrowser } from '../browser.ts'
import { hostileFiles } from './hostile-files.ts'
import { columnFile, levelsOf, pageOf } from './made-file.ts'
import { writtenFiles } from './written-files.ts'

const written = await writtenFiles()
const isLacking = written.isLacking || (await lacksBrowser())
const { openContext, serve } = useBrowser(isLacking)

/** A run with files on a server of its own, and a browser that somebody opens them in. */
async function parquetServer(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>) {
  const { app, platform, ann, logRun, post } = await runsWorld()
  const run = await logRun({ name: 'tables' })
  const own = `1/${run}/artifacts`
  const put = async (name: string, body: Uint8Array<ArrayBuffer>, folder = own) => {
    const address = `/api/2.0/mlflow-artifacts/artifacts/${folder}/${name}`
    const { status } = await app.request(address, {
      method: 'PUT',
      headers: { authorization: ann },
      body,
    })
    expect(status).toBe(200)
  }
  for (const [name, body] of Object.entries(files)) await put(name, body)
  const url = await serve(platform)
  const complaints: string[] = []
  const begin = async (options: BrowserContextOptions = {}) => {
    const context = await openContext({ extraHTTPHeaders: { authorization: ann }, ...options })
    const page = await context.newPage()
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (err) => complaints.push(err.message))
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message())
      return dialog.dismiss()
    })
    return page
  }
  const addressOf = (name: string) => `${url}/runs/${run}/files?path=${encodeURIComponent(name)}`
  return { url, put, post, begin, addressOf, complaints }
}

async function fileOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(written.pathOf(name)))
}

const rowsIn = (page: Page) => page.getByRole('region', { name: 'The first rows' })
const statusOf = (page: Page) => page.locator('main [data-parquet][role="status"]')

/** What the status says when reading has ended. */
async function readStatus(page: Page): Promise<string> {
  await page.locator('[data-parquet]:not([aria-busy])').waitFor()
  return statusOf(page).innerText()
}

describe.skipIf(isLacking)('the page of a Parquet file', () => {
  test('has its columns and first rows as texts, wide and on a phone, in both themes', async () => {
    const { begin, addressOf, complaints } = await parquetServer({
      'kinds.parquet': await fileOf('snappy-1.0.parquet'),
    })
    for (const [width, colorScheme] of [
      [1440, 'light'],
      [390, 'dark'],
    ] as const) {
      const page = await begin({ viewport: { width, height: 844 }, colorScheme })
      await page.goto(addressOf('kinds.parquet'))
      await rowsIn(page).waitFor()
      expect(await readStatus(page)).toBe('3 rows, 22 columns.')
      const cells = await rowsIn(page).locator('tbody tr').first().locator('td').allInnerTexts()
      expect(cells.slice(0, 2)).toEqual(['9007199254740993', '18446744073709551615'])
      expect(cells[7]).toBe('<img src=x onerror=alert(1)>')
      expect(await rowsIn(page).getByLabel('no value').count()).toBe(21)
      expect(await faultsOf(page)).toEqual([])
      await page.getByText('22 columns', { exact: true }).click()
      const columns = page.getByRole('region', { name: 'Columns' })
      expect(await columns.getByRole('row', { name: /^large / }).innerText()).toMatch(
        /large\s+decimal\(38, 2\)\s+Snappy/,
      )
      expect(await faultsOf(page)).toEqual([])
      await rowsIn(page).focus()
      await page.keyboard.press('End')
    }
    expect(complaints).toEqual([])
  }, 60_000)

  test('of a logged model and of a version shows the same', async () => {
    const { url, put, post, begin, complaints } = await parquetServer({})
    const { model } = await post('logged-models', { experiment_id: '1', name: 'table' })
    const { model_id, artifact_uri } = model.info
    const kinds = await fileOf('snappy-1.0.parquet')
    await put('a b.parquet', kinds, artifact_uri.replace('mlflow-artifacts:/', ''))
    const { model_version } = await post('model-versions/create', {
      ...{ name: 'fraud-detector', source: `models:/${model_id}`, model_id },
    })
    const page = await begin()
    for (const owner of [
      `logged-models/${model_id}`,
      `models/fraud-detector/${model_version.version}`,
    ]) {
      await page.goto(`${url}/${owner}/files?path=a%20b.parquet`)
      expect(await readStatus(page), owner).toBe('3 rows, 22 columns.')
      expect(await rowsIn(page).getByText('9007199254740993').count()).toBe(1)
    }
    expect(complaints).toEqual([])
  }, 60_000)

  test('saves what it shows as CSV, by the keyboard too', async () => {
    const { begin, addressOf } = await parquetServer({
      'kinds.parquet': await fileOf('snappy-1.0.parquet'),
    })
    const page = await begin()
    await page.goto(addressOf('kinds.parquet'))
    await rowsIn(page).focus()
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe('The first rows')
    await page.getByText('CSV', { exact: true }).focus()
    await page.keyboard.press('Enter')
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'The first rows' }).press('Enter')
    const saved = await readFile(await (await waiting).path(), 'utf8')
    const [, first, second] = saved.split('\r\n').map((line) => line.split(','))
    expect(first?.slice(0, 5)).toEqual([
      '9007199254740993',
      '18446744073709551615',
      '-128',
      '0.1',
      '0.1',
    ])
    expect(first).toContain('1234567890123456789012345678.90')
    expect(second?.[0]).toBe('-9223372036854775808')
  }, 60_000)

  test('asks for little of a long file, by ranges, and shows so many rows', async () => {
    const { begin, addressOf, complaints } = await parquetServer({
      'long.parquet': await fileOf('long.parquet'),
    })
    const page = await begin()
    const ranges: string[] = []
    page.context().on('request', (req) => ranges.push(req.headers().range ?? ''))
    await page.goto(addressOf('long.parquet'))
    await rowsIn(page).waitFor()
    expect(await readStatus(page)).toBe('The first 200 of 10,000,000 rows, 2 columns.')
    expect(await rowsIn(page).locator('tbody tr').count()).toBe(200)
    expect(await rowsIn(page).locator('tbody tr').last().innerText()).toMatch(/^199\s+1$/)
    const asked = ranges.flatMap((range) => {
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
      return start === undefined ? [] : [Number(end) - Number(start) + 1]
    })
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(5_000_000)
    expect(complaints).toEqual([])
  }, 60_000)

  test('says what is not read, and of how many columns it shows cells', async () => {
    const { begin, addressOf, complaints } = await parquetServer({
      'brotli.parquet': await fileOf('brotli-1.0.parquet'),
      'wide.parquet': await fileOf('wide.parquet'),
      'vectors.parquet': await fileOf('vectors.parquet'),
      'empty.parquet': await fileOf('empty.parquet'),
    })
    const page = await begin()
    await page.goto(addressOf('brotli.parquet'))
    await page
      .getByText(/^int64, uint64, .* and 17 other columns, each: it is compressed by/)
      .waitFor()
    expect(await readStatus(page)).toBe('3 rows, 22 columns; no values are shown.')
    expect(await rowsIn(page).count()).toBe(0)
    await page.goto(addressOf('wide.parquet'))
    expect(await readStatus(page)).toBe('1 row, 100 of 10,000 columns.')
    await page.goto(addressOf('vectors.parquet'))
    expect(await readStatus(page)).toBe('The first 200 of 300 rows, 2 columns.')
    await page.getByText('vector: its rows are long, and the first 49 are read.').waitFor()
    expect(await rowsIn(page).getByText('not read').count()).toBe(151)
    await page.goto(addressOf('empty.parquet'))
    expect(await readStatus(page)).toBe('0 rows, 2 columns.')
    expect(complaints).toEqual([])
  }, 60_000)

  test('says of hostile files by a sentence what is wrong', async () => {
    const { begin, addressOf, complaints } = await parquetServer(
      Object.fromEntries(Object.entries(hostileFiles).map(([name, [bytes]]) => [name, bytes])),
    )
    const page = await begin()
    for (const [name, [, sentence]] of Object.entries(hostileFiles)) {
      await page.goto(addressOf(name))
      await readStatus(page)
      expect(await page.locator('main').innerText(), name).toContain(`${sentence}.`)
    }
    expect(complaints).toEqual([])
  }, 120_000)

  test('stops what takes too long, with what has been read, and answers all the while', async () => {
    const { begin, addressOf } = await parquetServer({
      'kinds.parquet': await fileOf('snappy-1.0.parquet'),
    })
    const page = await begin()
    await page.clock.install()
    await page.context().route('**/get-artifact**', () => undefined)
    await page.goto(addressOf('kinds.parquet'))
    await page.getByText('Reading the first rows…').waitFor()
    await page.getByRole('link', { name: 'Download' }).focus()
    await page.clock.fastForward(11_000)
    expect(await readStatus(page)).toBe(
      'This file cannot be shown: reading it took more than 10 seconds. The download has all of it.',
    )
  }, 60_000)

  test('stops in the middle with what it knows by then', async () => {
    const { begin, addressOf } = await parquetServer({
      'long.parquet': await fileOf('long.parquet'),
    })
    const page = await begin()
    await page.clock.install()
    // The first request brings the footer; the ones after it are never answered.
    let asked = 0
    await page.context().route('**/get-artifact**', (route) => {
      asked++
      return asked === 1 ? route.continue() : undefined
    })
    await page.goto(addressOf('long.parquet'))
    await expect.poll(() => asked).toBeGreaterThan(1)
    await page.clock.fastForward(11_000)
    expect(await readStatus(page)).toBe('10,000,000 rows, 2 columns; no values are shown.')
    await page.getByText('Not all is shown: reading it took more than 10 seconds.').waitFor()
    await page.getByText('2 columns', { exact: true }).click()
    expect(await page.getByRole('region', { name: 'Columns' }).innerText()).toContain('int32')
  }, 60_000)

  test('says that the file has changed since, and never mixes two', async () => {
    const { begin, addressOf, put } = await parquetServer({
      'kinds.parquet': await fileOf('snappy-1.0.parquet'),
    })
    const page = await begin()
    const other = columnFile(pageOf(levelsOf(0, 200)))
    await page.context().route('**/assets/parquetWorker**', async (route) => {
      await put('kinds.parquet', other)
      await route.continue()
    })
    await page.goto(addressOf('kinds.parquet'))
    expect(await readStatus(page)).toContain('it has changed: load the page again')
    await page.context().unroute('**/assets/parquetWorker**')
    await page.reload()
    expect(await readStatus(page)).toBe('200 rows, 1 column.')
  }, 60_000)

  test('without script tells why, and has the download', async () => {
    const { begin, addressOf } = await parquetServer({
      'kinds.parquet': await fileOf('snappy-1.0.parquet'),
    })
    const page = await begin({ javaScriptEnabled: false })
    await page.goto(addressOf('kinds.parquet'))
    expect(await statusOf(page).innerText()).toContain('This is a Parquet file.')
    const link = page.getByRole('link', { name: 'Download' })
    expect(await link.getAttribute('href')).toMatch(/^\/get-artifact\?.*path=kinds\.parquet$/)
  }, 60_000)
})
