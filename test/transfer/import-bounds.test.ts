import { describe, expect, test } from 'vitest'
import {
  importedExperiment,
  importedModel,
  importedRun,
  importedVersion,
} from '../support/imported.ts'
import { testServer } from '../support/server.ts'

const at = '/api/v1/imports'
const source = 'http://mlflow.example'
const runId = 'a'.repeat(32)

async function importingServer() {
  const server = await testServer()
  const send = (kind: string, items: readonly object[]) =>
    server.call('POST', `${at}/${kind}`, { source, items })
  const model = (more = {}) => server.call('POST', `${at}/models`, importedModel('m', more))
  const version = (more = {}) =>
    server.call('POST', `${at}/versions`, importedVersion('m', 1, more))
  await send('experiments', [importedExperiment('41')])
  await model()
  return { ...server, send, model, version }
}

type Server = Awaited<ReturnType<typeof importingServer>>

const many = (count: number, chars: number, mark: string) =>
  Array.from({ length: count }, (_, i) => ({ key: `${mark}${i}`, value: 'x'.repeat(chars) }))
const long = (mark: string, count = 30) => many(count, 99_000, mark)
const run = (more: object) => [importedRun('a', '41', { points: [], ...more })]
const loggedModel = (more: object) => [
  {
    ...{ model_id: `m-${runId}`, experiment_id: '41', name: 'm', mark: 'whole' },
    ...{ status: 'LOGGED_MODEL_READY', creation_time: 1, last_update_time: 1, ...more },
  },
]
const datasets = (mark: string) =>
  Array.from({ length: 15 }, (_, i) => ({
    dataset: {
      ...{ name: `${mark}${i}`, digest: 'd', source_type: 'local', source: 's' },
      schema: 'x'.repeat(400_000),
    },
  }))
const names = (mark: string) =>
  Array.from({ length: 8000 }, (_, i) => [`${mark}${i}`.padEnd(250, 'x'), 0.5, 1, 0])

/** Some of what there may be, under names that begin with the mark. */
const kinds: Readonly<
  Record<string, { write(server: Server, mark: string): ReturnType<Server['call']> }>
> = {
  'tags of an experiment': {
    write: ({ send }, mark) =>
      send('experiments', [importedExperiment('41', { tags: many(140, 20_000, mark) })]),
  },
  'params of a run': {
    write: ({ send }, mark) => send('runs', run({ params: many(500, 6000, mark) })),
  },
  'tags of a run': {
    write: ({ send }, mark) => send('runs', run({ tags: many(400, 8000, mark) })),
  },
  'metrics of a run': {
    write: ({ send }, mark) => send('runs', run({ points: names(mark) })),
  },
  'datasets of a run': {
    write: ({ send }, mark) => send('runs', run({ dataset_inputs: datasets(mark) })),
  },
  'params of a logged model': {
    write: ({ send }, mark) => send('logged-models', loggedModel({ params: long(mark, 3) })),
  },
  'tags of a logged model': {
    write: ({ send }, mark) => send('logged-models', loggedModel({ tags: long(mark, 3) })),
  },
  'tags of a registered model': { write: ({ model }, mark) => model({ tags: long(mark) }) },
  'tags of a version': { write: ({ version }, mark) => version({ tags: long(mark) }) },
  'aliases of a version': {
    write: ({ version }, mark) =>
      version({ aliases: many(950, 0, mark).map(({ key }) => key.padEnd(255, 'x')) }),
  },
}

/** Why an import did not take something. */
const refusalOf = ({ status, json }: Awaited<ReturnType<Server['call']>>): string | undefined =>
  status === 200 ? (json.items?.[0] ?? json).problem : json.message

describe.each(Object.entries(kinds))('the %s', (_name, { write }) => {
  test('are bounded for an import as for everybody, and what was there stays', async () => {
    const server = await importingServer()
    let refused: string | undefined
    let written = 0
    for (; written < 20 && refused === undefined; written++) {
      refused = refusalOf(await write(server, `k${written}-`))
    }
    expect(refused).toContain('bytes in sum')
    expect(written).toBeGreaterThan(1)
    expect(refusalOf(await write(server, 'k0-'))).toBeUndefined()
  })
})

test('many runs at once are bounded each by itself', async () => {
  const { send } = await importingServer()
  const items = ['a', 'b', 'c'].map((digit) =>
    importedRun(digit, '41', { tags: many(300, 8000, 'k') }),
  )
  const { json } = await send('runs', items)
  expect(json.items).toMatchObject(items.map(() => ({ state: 'added' })))
})
