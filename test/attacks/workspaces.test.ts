import { type SQL, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { served as api } from '../../src/api/routes.ts'
import type { Database } from '../../src/db/database.ts'
import { served as mlflow } from '../../src/mlflow/routes.ts'
import { needsNoWorkspace, operations } from '../../src/mlflow/surface.ts'
import { type Ask, apiRows, mlflowRows } from '../access/permissions/matrix.ts'
import { makeWorld, type World } from '../access/permissions/world.ts'

/** Where everything is, and where the caller is. */
const theirs = 'team-a'
const own = 'team-b'

let world: World
/** The same server, where nothing was ever made in the other workspace: both must answer alike. */
let empty: World
beforeAll(async () => {
  world = await makeWorld({ workspace: theirs })
  empty = await makeWorld({ workspace: 'team-c' })
  for (const at of [world, empty]) await settleIn(at)
}, 120_000)

/** A workspace of the caller's own, administrated by `eve`. */
async function settleIn(at: World): Promise<void> {
  const { admin } = at.callers
  for (const name of [theirs, own]) {
    await at.call(admin, 'POST', '/api/3.0/mlflow/workspaces', { name })
  }
  await at.user('eve')
  const token = await at.call(admin, 'POST', '/api/v1/tokens', { name: 't', for: 'eve' })
  at.callers.eve = `Bearer ${token.json.token}`
  const listed = await at.call(admin, 'GET', `/api/3.0/mlflow/roles/list?workspace=${own}`)
  const role = listed.json.roles.find(({ name }: { name: string }) => name === 'admin')
  const path = '/api/3.0/mlflow/roles/assign'
  await at.call(admin, 'POST', path, { username: 'eve', role_id: role.id })
}

/** Accounts and workspaces are for the whole server; an administrator of it may do what these do. */
const ofServer = new Set([
  ...operations
    .filter((operation) => needsNoWorkspace(operation) || operation.group === 'server')
    .map(({ name }) => name),
  ...api.filter(({ endpoint }) => endpoint.tag === 'access').map(({ endpoint }) => endpoint.name),
  ...['whoami', 'getOpenApi', 'listStages', 'replaceStages', 'getAuditHead', 'verifyAudit'],
  // Those of bundles are the server's.
  ...['listKeys', 'renewKey'],
])

/** By these, administrators of the server name what need not be there. */
const givesAhead = new Set(
  operations.filter(({ group }) => group.startsWith('auth')).map(({ name }) => name),
)

const rows = { ...mlflowRows, ...apiRows }
const names = [...mlflow.map(({ name }) => name), ...api.map(({ endpoint }) => endpoint.name)]

test('every operation of the API is tried', () => {
  expect(names.filter((name) => !Object.hasOwn(rows, name))).toEqual([])
})

const post = (path: string, body: object): Ask => ({
  method: 'POST',
  path: `/api/2.0/mlflow/${path}`,
  body,
})

type Answer = { readonly status: number; readonly text: string }

async function answerTo(at: World, caller: string, ask: Ask): Promise<Answer> {
  const res = await at.send(at.callers[caller], ask, own)
  // A stream of events does not end by itself.
  const isStream = res.headers.get('content-type')?.startsWith('text/event-stream') ?? false
  if (isStream) await res.body?.cancel()
  return { status: res.status, text: isStream ? '' : await res.text() }
}

/** An answer without what differs from one call to the next: ids, times, numbers, random names. */
function masked({ status, text }: Answer): string {
  return `${status} ${text.replaceAll(/[0-9a-f-]{20,}|[a-z]+-[a-z]+-\d+|\d+/g, '#')}`
}

/** Counts of experiments, which move as eve logs in her own. */
const ofExperiments: Readonly<Record<string, SQL>> = {
  experiment_keys: sql`experiment in (select id from experiments where workspace = ${theirs})`,
}

/** Rows of all tables, of which those of the caller's own workspace and of refused calls are left out. */
async function contents(db: Database): Promise<Map<string, Set<string>>> {
  const tables = await db.all(
    sql<{ name: string; columns: string }>`select m.name, (select group_concat(c.name) from
      pragma_table_info(m.name) c) as columns from sqlite_schema m where m.type = 'table'
      and m.name not like 'sqlite_%' and m.name not like '_cf_%' and m.name not like 'd1_%'`,
  )
  const read: Record<string, SQL<object>> = {}
  for (const { name, columns } of tables) {
    if (['access_epoch', 'tokens', 'refusal_counts'].includes(name)) continue
    const isApart = columns.split(',').includes('workspace')
    const kept = isApart ? sql`workspace = ${theirs}` : (ofExperiments[name] ?? sql`1`)
    read[name] = sql<object>`select * from ${sql.raw(`"${name}"`)} where ${kept}`
  }
  const found = await db.batch(read)
  return new Map(
    Object.entries(found).map(([name, kept]) => [
      name,
      new Set(kept.map((row) => JSON.stringify(row))),
    ]),
  )
}

/** Rows that were there and are no longer, and new ones of the other workspace. */
function differences(before: Map<string, Set<string>>, after: Map<string, Set<string>>): string[] {
  return [...before].flatMap(([table, kept]) => {
    const now = after.get(table) ?? new Set()
    const lost = [...kept].filter((row) => !now.has(row)).map((row) => `lost ${table}: ${row}`)
    const isApart = [...now].some((row) => row.includes(`"workspace":"${theirs}"`))
    const made = isApart ? [...now].filter((row) => !kept.has(row)) : []
    return [...lost, ...made.map((row) => `new in ${table}: ${row}`)]
  })
}

/** Words that only things of the other workspace have: names and ids. */
async function wordsOf(db: Database): Promise<string[]> {
  const found = await db.all(sql<{ word: string }>`
    select name as word from registered_models where workspace = ${theirs}
    union select name from experiments where workspace = ${theirs}
    union select r.run_id from runs r join experiments e on e.id = r.experiment where e.workspace = ${theirs}
    union select l.model_id from logged_models l join experiments e on e.id = l.experiment
      where e.workspace = ${theirs}
    union select webhook_id from webhooks where workspace = ${theirs}
    union select sha256 from blobs union select digest from manifests
    union select name from policies where workspace = ${theirs}
    union select path from artifact_files where workspace = ${theirs}`)
  return found.map(({ word }) => word).filter((word) => word.length > 5)
}

describe.each(['eve', 'admin'])('from another workspace, %s', (caller) => {
  const tried = Object.entries(rows).filter(
    ([name]) => caller === 'eve' || !(ofServer.has(name) || givesAhead.has(name)),
  )
  test.each(tried)(
    '%s finds nothing, changes nothing, tells nothing',
    async (name, [, row]) => {
      const { db } = world.platform
      const ask = await row(world)
      const before = await contents(db)
      const answer = await answerTo(world, caller, ask)
      expect(differences(before, await contents(db))).toEqual([])
      const asked = JSON.stringify(ask)
      const told = (await wordsOf(db)).filter((word) => !asked.includes(word))
      expect(told.filter((word) => answer.text.includes(word))).toEqual([])
      const otherwise = await answerTo(empty, caller, ask)
      if (!ofServer.has(name)) expect(masked(answer)).toBe(masked(otherwise))
    },
    30_000,
  )
})

describe('what is in another workspace can be named', () => {
  const mine: Record<string, { experiment: string; run: string }> = {}
  beforeAll(async () => {
    for (const [name, at] of Object.entries({ world, empty })) {
      const made = async (path: string, body: object) =>
        JSON.parse((await answerTo(at, 'eve', post(path, body))).text)
      const { experiment_id } = await made('experiments/create', { name: 'mine' })
      await made('registered-models/create', { name: 'mine' })
      const { run } = await made('runs/create', { experiment_id })
      mine[name] = { experiment: experiment_id, run: run.info.run_id }
    }
  })

  /** All that eve has named: what she writes she may read again. */
  let asked = ''
  type Mine = { readonly experiment: string; readonly run: string }
  const version =
    (source: (w: World) => string, more: (w: World) => object = () => ({})) =>
    (w: World) =>
      post('model-versions/create', { name: 'mine', source: source(w), ...more(w) })
  test.each<[string, (w: World, mine: Mine) => Ask]>([
    ['as the folder of a version', version((w) => w.source)],
    [
      'as the folder of a version, without its workspace',
      version((w) => w.source.replace('/workspaces/team-a', '')),
    ],
    [
      'as the run of a version',
      version(
        () => 's3://bucket/x',
        (w) => ({ run_id: w.run }),
      ),
    ],
    ['as the run in the source of a version', version((w) => `runs:/${w.run}/model`)],
    ['as the version that is copied', version((w) => `models:/${w.model}/1`)],
    ['as the alias that is copied', version((w) => `models:/${w.model}@champion`)],
    [
      'as the address of the version that is copied',
      version(() => 'mlflow-artifacts:/model-versions/1'),
    ],
    ['as the logged model of a version', version((w) => `models:/${w.loggedModel}`)],
    [
      'as the logged model beside a source',
      version(
        () => 's3://bucket/x',
        (w) => ({ model_id: w.loggedModel }),
      ),
    ],
    [
      'as the model of a metric',
      (w, { run }) =>
        post('runs/log-metric', {
          run_id: run,
          key: 'k',
          value: 1,
          timestamp: 1,
          model_id: w.loggedModel,
        }),
    ],
    [
      'as the output of a run',
      (w, { run }) =>
        post('runs/outputs', { run_id: run, models: [{ model_id: w.loggedModel, step: 0 }] }),
    ],
    [
      'as the input of a run',
      (w, { run }) =>
        post('runs/log-inputs', { run_id: run, models: [{ model_id: w.loggedModel }] }),
    ],
    [
      'as the run of a logged model',
      (w, { experiment }) =>
        post('logged-models', { experiment_id: experiment, source_run_id: w.run }),
    ],
    [
      'in a search of runs',
      (w, { experiment }) => post('runs/search', { experiment_ids: [experiment, w.experiment] }),
    ],
    [
      'in a search of logged models',
      (w, { experiment }) =>
        post('logged-models/search', { experiment_ids: [experiment, w.experiment] }),
    ],
    [
      'in a search of versions',
      (w) => ({
        method: 'GET',
        path: `/api/2.0/mlflow/model-versions/search?filter=${encodeURIComponent(`run_id = '${w.run}'`)}`,
      }),
    ],
    [
      'in a filter of experiments',
      () => post('experiments/search', { max_results: 99, filter: "name LIKE '%'" }),
    ],
    [
      'as the folder of an experiment',
      (w) =>
        post('experiments/create', {
          name: 'in theirs',
          artifact_location: `mlflow-artifacts:/${w.folder}`,
        }),
    ],
    [
      'as the model that a permission is on',
      (w) => ({
        method: 'POST',
        path: '/api/3.0/mlflow/users/permissions/grant',
        body: {
          username: 'eve',
          resource_type: 'registered_model',
          resource_id: w.model,
          permission: 'MANAGE',
        },
      }),
    ],
    [
      'as the experiment that a permission is on',
      (w) => ({
        method: 'POST',
        path: '/api/3.0/mlflow/users/permissions/grant',
        body: {
          username: 'eve',
          resource_type: 'experiment',
          resource_id: w.experiment,
          permission: 'MANAGE',
        },
      }),
    ],
    [
      'as the parent of a run',
      (w, { experiment }) =>
        post('runs/create', {
          experiment_id: experiment,
          tags: [{ key: 'mlflow.parentRunId', value: w.run }],
        }),
    ],
    // The last: it takes the name away that the others use.
    [
      'as the new name of a model',
      (w) => post('registered-models/rename', { name: 'mine', new_name: w.model }),
    ],
  ])('%s, and nothing comes of it', async (_, row) => {
    const { db } = world.platform
    // Each server has its own ids of what is eve's.
    const [at, there] = [mine.world, mine.empty]
    if (!at || !there) throw new Error('nothing was made')
    const ask = row(world, at)
    const before = await contents(db)
    const answer = await answerTo(world, 'eve', ask)
    expect(differences(before, await contents(db))).toEqual([])
    asked += JSON.stringify(ask)
    const told = (await wordsOf(db)).filter((word) => !asked.includes(word))
    expect(told.filter((word) => answer.text.includes(word))).toEqual([])
    expect(masked(answer)).toBe(masked(await answerTo(empty, 'eve', row(world, there))))
  })
})

test('from another workspace, a caller without a role is told that there is none', async () => {
  for (const [name, [need, row]] of Object.entries(rows)) {
    if (need === 'public') continue
    const ask = await row(world)
    const res = await world.send(world.callers.eve, ask, theirs)
    expect([name, res.status, await res.text()]).toEqual([
      name,
      404,
      expect.stringContaining(`Workspace '${theirs}' not found`),
    ])
  }
}, 120_000)

test('in the default workspace, a caller without a role is told nothing of what is there', async () => {
  const ofNone = new Set(operations.filter(needsNoWorkspace).map(({ name }) => name))
  for (const [name, [need, row]] of Object.entries(rows)) {
    if (need === 'public' || ofNone.has(name)) continue
    const res = await world.send(world.callers.eve, await row(world), 'default')
    expect([name, res.status, await res.text()]).toEqual([
      name,
      403,
      expect.stringContaining("a role in workspace 'default' is needed"),
    ])
  }
}, 120_000)
