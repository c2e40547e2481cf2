import { expect, test } from 'vitest'
import { markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const model = '/models/fraud-detector'

async function world() {
  const made = await askedWorld()
  const pages = (who: string) => pagesOf(made.app, who)
  const diff = async (who: string, path: string, v = '2,3') =>
    pages(who).get(`${model}/compare/file?v=${v}&path=${encodeURIComponent(path)}`)
  return { ...made, pages, diff }
}

test('a comparison leads to the lines of a file that differ, as does a request', async () => {
  const { pages, rita, diff } = await world()
  const href = `href="${model}/compare/file?v=2%2C3&amp;path=requirements.txt"`
  expect((await pages(rita).get(`${model}/compare?v=2,3`)).html).toContain(href)
  expect((await pages(rita).get('/promotions/1')).html).toContain(href)
  const { html } = await diff(rita, 'requirements.txt')
  expect(textOf(html)).toContain('− removed scikit-learn==1.9.1 + added scikit-learn==1.9.2')
  const type = textOf((await diff(rita, 'MLmodel')).html)
  expect(type).toMatch(/From line 5 of version 2, 5 of version 3/)
  expect(type).toContain('added inputs: \'[{"name": "amount", "type": "string"')
  expect(textOf((await diff(rita, 'requirements.txt', '1,3')).html)).toContain(
    'It is the same in both versions.',
  )
})

test('a file of one version alone is all added, and what is no text says so', async () => {
  const { rita, ann, app, call, diff, register, mlflow, name } = await world()
  await register()
  const { json } = await mlflow(ann, 'POST', 'runs/search', { experiment_ids: ['1'] })
  const { artifact_uri, run_id } = json.runs[0].info
  const folder = artifact_uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
  const long = Array.from({ length: 3000 }, (_, i) => `${i}`).join('\n')
  const files = {
    'a/<img src=x>.txt': 'one <b>\u202e\ntwo',
    'b.bin': '\0\0',
    'empty.txt': '',
    'long.txt': 'x'.repeat(70_000),
    'other.txt': long,
    MLmodel: 'flavors: {}',
  }
  for (const [path, body] of Object.entries(files)) {
    const headers = { authorization: ann }
    await app.request(`${folder}/model2/${encodeURI(path)}`, { method: 'PUT', headers, body })
  }
  const version = { name, source: `${artifact_uri}/model2`, run_id }
  const made = await call(ann, 'POST', '/api/2.0/mlflow/model-versions/create', version)
  const v = `3,${made.json.model_version.version}`
  const added = await diff(rita, 'a/<img src=x>.txt', v)
  expect(textOf(added.html)).toContain('+ added one <b>\\u{202e} + added two')
  expect(markupIn(added.html)).toEqual([])
  expect(textOf((await diff(rita, 'b.bin', v)).html)).toContain('One of them is no text.')
  expect(textOf((await diff(rita, 'long.txt', v)).html)).toContain('longer than 64 kB')
  // Not there is not empty, and not the same.
  const [older, newest] = v.split(',')
  for (const both of [v, `${newest},${older}`]) {
    const { html } = await diff(rita, 'empty.txt', both)
    expect(textOf(html)).toContain(`Only version ${newest} has it, and it is empty.`)
  }
  expect(textOf((await diff(rita, 'other.txt', v)).html)).toContain('2,000 more lines')
})

test('what is not there, or not to be read, is not told', async () => {
  const { eve, rita, diff } = await world()
  expect((await diff(eve, 'MLmodel')).status).toBe(403)
  expect((await diff(rita, 'none.txt')).status).toBe(404)
  expect((await diff(rita, 'MLmodel', '2,99')).status).toBe(404)
  for (const v of ['2', '1,2,3', 'x,2']) expect((await diff(rita, 'MLmodel', v)).status).toBe(400)
  expect((await diff(rita, '../../etc/passwd')).status).toBe(400)
})
