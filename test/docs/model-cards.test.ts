import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fieldNames } from '../../src/governance/cards/card-shape.ts'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'
import { runHere as run } from '../support/program.ts'

const root = new URL('../..', import.meta.url).pathname
const page = await readFile(`${root}docs/model-cards.md`, 'utf8')

/** A data folder with version 1 of `fraud`, which lies elsewhere. */
async function fraud(): Promise<string> {
  const data = await temporaryFolder()
  const { post, stop } = await startServer(data)
  await post('registered-models/create', { name: 'fraud' })
  await post('model-versions/create', { name: 'fraud', source: 's3://bucket/model' })
  await stop()
  return data
}

/** What a shell prints for a line of the page, errors too. */
function shell(line: string, cwd: string, server: string): Promise<string> {
  const { HOME = '', PATH = '' } = process.env
  const env = { HOME, PATH: `${root}bin:${PATH}`, GATEHOUSE_SERVER: server }
  return new Promise((done) => {
    execFile('bash', ['-c', `${line.replaceAll('npx ', '')} 2>&1`], { cwd, env }, (_err, stdout) =>
      done(stdout),
    )
  })
}

test('the commands of docs/model-cards.md print what the page says', async () => {
  const [data, cwd] = [await fraud(), await temporaryFolder()]
  const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(page) ?? []
  await writeFile(join(cwd, 'card.yaml'), yaml)
  const [, session = ''] = /```console\n([^`]*)```/.exec(page) ?? []
  const { url, stop } = await startServer(data)
  let printed = ''
  for (const [, line = ''] of session.matchAll(/^\$ (.*)$/gm)) {
    printed += `$ ${line}\n${await shell(line, cwd, url)}`
  }
  await stop()
  expect(printed).toBe(session)
  expect(await readFile(join(cwd, 'README.md'), 'utf8')).toMatch(/^---\nmetrics:\n {2}- recall\n/)
}, 120_000)

test('docs/model-cards.md names every field of a card', () => {
  expect(fieldNames.filter((field) => !page.includes(`\`${field}\``))).toEqual([])
})

test('a card goes through the command line in every form, over HTTP as well', async () => {
  const [data, cwd] = [await fraud(), await temporaryFolder()]
  const { url, stop } = await startServer(data)
  const card = (...args: string[]) => run(['card', ...args, '--server', url])
  await writeFile(join(cwd, 'card.md'), '---\nlicense: mit\n---\n## Limitations\n\nFew.\n')
  await writeFile(join(cwd, 'more.txt'), 'from a file')
  const edited = await card('edit-from-file', 'fraud', '1', join(cwd, 'card.md'), '--json')
  expect(JSON.parse(edited.out)).toMatchObject({
    revision: 1,
    card: { licence: 'mit', limitations: 'Few.' },
  })
  await card('set', 'fraud', '1', `notes=@${join(cwd, 'more.txt')}`)
  const exported = await card('export', 'fraud', '1', '--format', 'json')
  await writeFile(join(cwd, 'card.json'), JSON.stringify(JSON.parse(exported.out).card))
  const again = await card('edit-from-file', 'fraud', '1', join(cwd, 'card.json'), '--json')
  expect(JSON.parse(again.out).card).toEqual({
    licence: 'mit',
    limitations: 'Few.',
    notes: 'from a file',
  })
  expect((await card('export', 'fraud', '1', '--format', 'html')).out).toMatch(/^<!doctype html>/)
  expect((await card('show', 'fraud', '1', '--revision', '1')).out).not.toContain('from a file')
  const history = JSON.parse((await card('history', 'fraud', '1', '--json')).out)
  expect(history.map((item: { revision: number }) => item.revision)).toEqual([3, 2, 1])
  const refused: [string[], RegExp][] = [
    [['show', 'fraud', '2'], /^gatehouse: Model Version .* not found\n$/],
    [['show', 'fraud', 'x'], /^gatehouse: Invalid value for 'version'/],
    [['set', 'fraud', '1', 'mood=good'], /^gatehouse: Unknown change 'mood=good'/],
    [['set', 'fraud', '1', 'owners=ada: ['], /^gatehouse: 'owners' is neither YAML nor JSON/],
    [['set', 'fraud', '1', 'owners="ada"'], /^gatehouse: Invalid value for 'owners'/],
    [['edit-from-file', 'fraud', '1', '/none.md'], /^gatehouse: '\/none.md' cannot be read\n$/],
    [['export', 'fraud', '1', '--format', 'pdf'], /^gatehouse: Unknown format 'pdf'/],
  ]
  for (const [args, message] of refused) {
    expect(await card(...args)).toMatchObject({ code: 1, err: expect.stringMatching(message) })
  }
  await stop()
}, 120_000)
