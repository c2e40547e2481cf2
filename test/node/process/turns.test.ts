import { expect, test } from 'vitest'
import { hashPiece, pieceBytes } from '../../../src/artifacts/hash-piece.ts'
import { readYaml } from '../../../src/registry/model-files/read-yaml.ts'
import { cardServer } from '../../support/card-server.ts'
import { longestTurnMs, turnMsMax } from '../../support/turns.ts'

const upTo = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('')

/** Texts that are read whole or up to a bound, each the most work of its kind that was found. */
const laborious: [what: string, text: string][] = [
  ['a flow of names', `{${'a,'.repeat(700_000)}}`],
  ['a flow of lists', `[${'[],'.repeat(7400)}]`],
  ['a flow of maps', `[${'{a: 1},'.repeat(3700)}]`],
  ['dashes', '- a\n'.repeat(300_000)],
  ['keys', upTo(100_000, (i) => `k${i}: v\n`)],
  ['one key again and again', 'k: v\n'.repeat(300_000)],
  ['nested lists', `${'- '.repeat(60)}a\n`.repeat(12_000)],
  ['anchors', upTo(4000, (i) => `- &a${i} x\n`) + '- *a0\n'.repeat(490)],
  ['one anchor again and again', '- &a x\n'.repeat(4000) + '- *a\n'.repeat(490)],
  ['aliases of a list', `a: &a [${'x,'.repeat(190)}]\nb: [${'*a,'.repeat(490)}]`],
  ['merged maps', `a: &a {x: 1}\nb: {${'<<: *a,'.repeat(400)}}`],
  ['tags', '- !!str x\n'.repeat(140_000)],
  ['an ordered map', `!!omap [${upTo(6000, (i) => `a${i}: 1,`)}]`],
  ['documents', '--- a\n'.repeat(200_000)],
  ['directives', `${'%YAML 1.2\n'.repeat(29_000)}--- a`],
  ['comments', `${'# x\n'.repeat(29_000)}a: b`],
  ['blank lines', `a: >\n${'\n'.repeat(700_000)}x`],
  ['lines of a text', `a: >\n${' x\n'.repeat(29_000)}`],
  ['lines of a quoted text', `a: "${`${' '.repeat(40)}\n`.repeat(29_000)}"`],
  ['lines of another system', `a: "${'x\r '.repeat(400_000)}"`],
  ['escapes', `a: "${'\\u0041'.repeat(99_000)}"`],
  ['doubled quotes', `a: '${"''".repeat(99_000)}'`],
  ['blanks', ' '.repeat(1_400_000)],
  ['tabs', '\t'.repeat(1_400_000)],
  ['a long word', 'x'.repeat(1_400_000)],
  ['colons', 'x:'.repeat(700_000)],
  ['base64', `!!binary ${'QUJD'.repeat(350_000)}`],
]

test.each(laborious)('YAML of %s lets other requests run in between', async (_what, text) => {
  expect(await longestTurnMs(() => readYaml(text))).toBeLessThan(turnMsMax)
})

const inJson = (inputs: string) => `flavors: {sklearn: {}}\nsignature:\n  inputs: '${inputs}'\n`
const columns = (count: number) =>
  `[${upTo(count, (i) => `{"type": "double", "name": "c${i}", "required": true}, `).slice(0, -2)}]`

test.each([
  ['as many columns as are read', inJson(columns(20_000)), true],
  ['columns that say nothing', inJson(`[${'{},'.repeat(99_000)}{}]`), true],
  ['deep columns', inJson(`[${`${'{"a":'.repeat(60)}1${'}'.repeat(60)},`.repeat(1500)}{}]`), true],
  ['more values than are read', inJson(`[${'{},'.repeat(101_000)}{}]`), false],
  ['one column of too many keys', inJson(`[{${upTo(6000, (i) => `"k${i}":1,`)}"k":1}]`), false],
])(
  'a signature of %s lets other requests run in between, wherever it is read',
  async (_what, text, isRead) => {
    const { createModel, createRun, createVersion, upload, send } = await cardServer()
    await createModel('m')
    const run = await createRun()
    await upload(`${run.root}/model/MLmodel`, text)
    const register = () => createVersion('m', `${run.root}/model`, { run_id: run.runId })
    expect(await longestTurnMs(register)).toBeLessThan(150)
    const card = '/api/v1/models/m/versions/1/card'
    for (const path of [
      card,
      `${card}.html`,
      `${card}.md`,
      '/api/v1/models/m/versions/1/lineage',
    ]) {
      const read = async () => {
        const res = await send('GET', path)
        expect(res.status).toBe(200)
        await res.arrayBuffer()
      }
      expect(await longestTurnMs(read)).toBeLessThan(150)
    }
    const { derived } = await (await send('GET', card)).json()
    expect([derived.signature !== undefined, derived.problems !== undefined]).toEqual([
      isRead,
      !isRead,
    ])
  },
)

test('a piece of a large file is hashed with other requests in between, even where all of it is there', async () => {
  const sizeBytes = pieceBytes
  const chunk = new Uint8Array(256 * 1024)
  const body = () => {
    let left = sizeBytes
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left === 0) return controller.close()
        controller.enqueue(chunk)
        left -= chunk.byteLength
      },
    })
  }
  const blobs = { get: async () => ({ body: body(), sizeBytes }) }
  const piece = { sizeBytes, from: 0, to: sizeBytes, state: undefined }
  expect(await longestTurnMs(() => hashPiece(blobs, 'k', piece))).toBeLessThan(turnMsMax)
})
