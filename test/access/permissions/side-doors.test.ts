import { beforeEach, describe, expect, test } from 'vitest'
import { type Member, type Team, team } from '../../support/team.ts'

let on: Team
/** Has her own experiment, run, logged model and registered model. */
let ada: Member
/** May do nothing with them, and has his own. */
let bob: Member
let hers: Things
let his: Things

type Things = {
  readonly experiment: string
  readonly run: string
  readonly loggedModel: string
  readonly model: string
}

async function things(by: Member): Promise<Things> {
  const { name } = by.principal
  const made = await by.post('experiments/create', { name })
  const experiment: string = made.json.experiment_id
  const started = await by.post('runs/create', { experiment_id: experiment })
  const run: string = started.json.run.info.run_id
  const logged = await by.post('logged-models', {
    ...{ experiment_id: experiment, name: 'model', source_run_id: run },
  })
  const loggedModel: string = logged.json.model.info.model_id
  const put = await by.call('PUT', `${proxy}/${experiment}/models/${loggedModel}/artifacts/f`, name)
  expect(put.status, put.text).toBe(200)
  await by.call('PUT', `${proxy}/${experiment}/${run}/artifacts/f`, name)
  await by.post('registered-models/create', { name: `of-${name}` })
  return { experiment, run, loggedModel, model: `of-${name}` }
}

const proxy = '/api/2.0/mlflow-artifacts/artifacts'

beforeEach(async () => {
  on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  ada = await on.member('ada')
  bob = await on.member('bob')
  hers = await things(ada)
  his = await things(bob)
})

const expectRefused = async (reply: ReturnType<Member['call']>) => {
  const { status, json, text } = await reply
  expect(status, text).toBe(403)
  expect(json.error_code).toBe('PERMISSION_DENIED')
}

describe('the artifact proxy', () => {
  test.each<[string, (t: Things) => string]>([
    ['a file of a run', (t) => `${t.experiment}/${t.run}/artifacts/f`],
    ['a file of a logged model', (t) => `${t.experiment}/models/${t.loggedModel}/artifacts/f`],
    ['a new file in the experiment', (t) => `${t.experiment}/new`],
    ['an encoded path', (t) => `%2e/${t.experiment}%2F${t.run}/artifacts/f`],
    ['a path with empty segments', (t) => `/${t.experiment}//${t.run}/artifacts/f`],
    ['a twice encoded path', (t) => `${t.experiment}%252F${t.run}%252Fartifacts%252Ff`],
  ])('keeps others from %s', async (_what, pathOf) => {
    const path = `${proxy}/${pathOf(hers)}`
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? 'x' : undefined
      const { status } = await bob.call(method, path, body)
      // An absolute path is refused as such.
      expect([403, 400]).toContain(status)
    }
    await expectRefused(
      bob.call(
        'GET',
        `/api/2.0/mlflow-artifacts/presigned/${hers.experiment}/${hers.run}/artifacts/f`,
      ),
    )
    const kept = await ada.call('GET', `${proxy}/${hers.experiment}/${hers.run}/artifacts/f`)
    expect(kept.text).toBe('ada')
  })

  test('lists nothing across experiments but to administrators', async () => {
    for (const path of ['', '.', 'model-versions', hers.experiment]) {
      await expectRefused(bob.call('GET', `${proxy}?path=${encodeURIComponent(path)}`))
    }
    const own = await bob.call('GET', `${proxy}?path=${his.experiment}`)
    expect(own.json.files).toHaveLength(2)
    expect((await on.admin.call('GET', proxy)).json.files.length).toBeGreaterThan(1)
  })

  test('leaves what belongs to nobody to administrators', async () => {
    for (const path of ['nobody/f', '999/f', '0x1/f', 'f']) {
      await expectRefused(bob.call('PUT', `${proxy}/${path}`, 'x'))
      await expectRefused(bob.call('GET', `${proxy}/${path}`))
      expect((await on.admin.call('PUT', `${proxy}/${path}`, 'x')).status).toBe(200)
    }
    await expectRefused(on.stranger('machine').call('PUT', `${proxy}/f`, 'x'))
  })

  test('takes uploads in parts for the owner of the path alone, from beginning to end', async () => {
    const mpu = (by: Member, verb: string, t: Things, body: object) =>
      by.call('POST', `/api/2.0/mlflow-artifacts/mpu/${verb}/${t.experiment}/${t.run}/artifacts`, {
        ...{ path: 'big', ...body },
      })
    await expectRefused(mpu(bob, 'create', hers, { num_parts: 1 }))
    const begun = await mpu(ada, 'create', hers, { num_parts: 1 })
    const { upload_id } = begun.json
    await expectRefused(mpu(bob, 'complete', hers, { upload_id, parts: [] }))
    await expectRefused(mpu(bob, 'abort', hers, { upload_id }))
    // Nor by a path of his own.
    expect((await mpu(bob, 'complete', his, { upload_id, parts: [] })).status).toBe(400)
    expect((await mpu(bob, 'abort', his, { upload_id })).status).toBe(400)
    expect((await mpu(ada, 'abort', hers, { upload_id })).status).toBe(200)
  })

  test('deletes nothing for who may EDIT, and no folder that others keep theirs below', async () => {
    await on.grant('bob', 'experiment', hers.experiment, 'EDIT')
    await expectRefused(bob.call('DELETE', `${proxy}/${hers.experiment}/${hers.run}/artifacts/f`))
    const inner = await on.admin.post('experiments/create', {
      ...{ name: 'inner', artifact_location: 'mlflow-artifacts:/wide/inner' },
    })
    const outer = await on.admin.post('experiments/create', {
      ...{ name: 'outer', artifact_location: 'mlflow-artifacts:/wide' },
    })
    await on.grant('bob', 'experiment', outer.json.experiment_id, 'MANAGE')
    await expectRefused(bob.call('DELETE', `${proxy}/wide`))
    await on.grant('bob', 'experiment', inner.json.experiment_id, 'MANAGE')
    expect((await bob.call('DELETE', `${proxy}/wide`)).status).toBe(200)
  })

  test('shows the files of a version to those who may read its model', async () => {
    const version = await ada.post('model-versions/create', {
      ...{ name: hers.model, source: `models:/${hers.loggedModel}`, model_id: hers.loggedModel },
    })
    expect(version.status, version.text).toBe(200)
    const uri = await ada.get(`model-versions/get-download-uri?name=${hers.model}&version=1`)
    const address = uri.json.artifact_uri.replace('mlflow-artifacts:/', '')
    await expectRefused(bob.call('GET', `${proxy}/${address}/f`))
    await expectRefused(bob.call('GET', `${proxy}?path=${address}`))
    await expectRefused(bob.get(`model-versions/get-download-uri?name=${hers.model}&version=1`))
    await on.grant('bob', 'registered_model', hers.model, 'READ')
    expect((await bob.call('GET', `${proxy}/${address}/f`)).text).toBe('ada')
    expect((await bob.call('DELETE', `${proxy}/${address}/f`)).status).toBe(403)
  })
})

describe('an artifact location', () => {
  const locate = (by: Member, artifact_location: string) =>
    by.post('experiments/create', { name: `at ${artifact_location}`, artifact_location })

  test.each<[string, (t: Things) => string]>([
    ["another's run", (t) => `mlflow-artifacts:/${t.experiment}/${t.run}/artifacts`],
    ["another's experiment", (t) => `mlflow-artifacts:/${t.experiment}`],
    ["another's experiment, in another spelling", (t) => `mlflow-artifacts:///%3${t.experiment}/x`],
    ['the folder of an experiment to come', () => 'mlflow-artifacts:/4711/x'],
    ['the root of all', () => 'mlflow-artifacts:/'],
    ['the root of all, without a slash', () => 'mlflow-artifacts:'],
    ['the experiment Default', () => 'mlflow-artifacts:/0/mine'],
  ])('cannot be %s', async (_what, at) => {
    await expectRefused(locate(bob, at(hers)))
  })

  test('may be where the caller may EDIT, in a bucket, or where nobody is', async () => {
    await on.grant('bob', 'experiment', hers.experiment, 'EDIT')
    for (const at of [
      `mlflow-artifacts:/${hers.experiment}/sub`,
      'mlflow-artifacts:/bobs',
      's3://bucket/bobs',
    ]) {
      const made = await locate(bob, at)
      expect(made.status, made.text).toBe(200)
    }
    expect((await bob.call('PUT', `${proxy}/bobs/f`, 'x')).status).toBe(200)
    await expectRefused(ada.call('PUT', `${proxy}/bobs/f`, 'x'))
  })

  test("below another's folder gives its experiment's members nothing of that folder", async () => {
    await on.admin.post('experiments/create', {
      ...{ name: 'nested', artifact_location: `mlflow-artifacts:/${hers.experiment}` },
    })
    const nested = await on.admin.get('experiments/get-by-name?experiment_name=nested')
    await on.grant('bob', 'experiment', nested.json.experiment.experiment_id, 'MANAGE')
    await expectRefused(bob.call('GET', `${proxy}/${hers.experiment}/${hers.run}/artifacts/f`))
    await expectRefused(bob.call('PUT', `${proxy}/${hers.experiment}/x`, 'x'))
    expect((await ada.call('PUT', `${proxy}/${hers.experiment}/x`, 'x')).status).toBe(200)
  })
})

describe('the source of a version', () => {
  const register = (source: string, more: object = {}) =>
    bob.post('model-versions/create', { name: his.model, source, ...more })

  test("cannot be another's run, logged model or version", async () => {
    await ada.post('model-versions/create', {
      ...{ name: hers.model, source: `runs:/${hers.run}/f`, run_id: hers.run },
    })
    await ada.post('registered-models/alias', { name: hers.model, alias: 'a', version: '1' })
    const uri = await ada.get(`model-versions/get-download-uri?name=${hers.model}&version=1`)
    await expectRefused(register(`runs:/${hers.run}/f`, { run_id: hers.run }))
    await expectRefused(
      register(`mlflow-artifacts:/${hers.experiment}/${hers.run}/artifacts/f`, {
        run_id: hers.run,
      }),
    )
    await expectRefused(register(`models:/${hers.loggedModel}`, { model_id: hers.loggedModel }))
    await expectRefused(register(`models:/${hers.model}/1`))
    await expectRefused(register(`models:/${hers.model}@a`))
    await expectRefused(register(uri.json.artifact_uri))
    await expectRefused(register('s3://bucket/x', { run_id: hers.run }))
    await expectRefused(register('s3://bucket/x', { model_id: hers.loggedModel }))
    const own = await register(`runs:/${his.run}/f`, { run_id: his.run })
    expect(own.status, own.text).toBe(200)
  })

  test("does not fall into another's logged model that claims the caller's run, nor into a foreign one", async () => {
    // Whoever may log models somewhere can name any run that it may read.
    await on.grant('bob', 'experiment', hers.experiment, 'READ')
    const trap = await bob.post('logged-models', {
      ...{ experiment_id: his.experiment, name: 'model', source_run_id: hers.run },
    })
    const id = trap.json.model.info.model_id
    await bob.call('PUT', `${proxy}/${his.experiment}/models/${id}/artifacts/f`, 'trap')
    const made = await ada.post('model-versions/create', {
      ...{ name: hers.model, source: `runs:/${hers.run}/model`, run_id: hers.run },
    })
    expect(made.status, made.text).toBe(200)
    const file = `/model-versions/get-artifact?name=${hers.model}&version=1&path=f`
    expect((await ada.call('GET', file)).text).toBe('ada')
  })
})

describe('what is written to two things', () => {
  const point = { key: 'm', value: 1, timestamp: 1 }

  test("takes EDIT on another's logged model", async () => {
    const model = { model_id: hers.loggedModel }
    const run_id = his.run
    await expectRefused(bob.post('runs/log-metric', { run_id, ...point, ...model }))
    await expectRefused(
      bob.post('runs/log-metric', { run_id, ...point, modelId: hers.loggedModel }),
    )
    const mixed = [point, { ...point, model_id: his.loggedModel }, { ...point, ...model }]
    await expectRefused(bob.post('runs/log-batch', { run_id, metrics: mixed }))
    await expectRefused(bob.post('runs/log-inputs', { run_id, models: [model] }))
    await expectRefused(bob.post('runs/outputs', { run_id, models: [{ ...model, step: 0 }] }))
    await expectRefused(
      bob.post('logged-models', { experiment_id: his.experiment, source_run_id: hers.run }),
    )
    const own = { ...point, model_id: his.loggedModel }
    expect((await bob.post('runs/log-batch', { run_id, metrics: [own] })).status).toBe(200)
  })

  test('is judged on each of several runs', async () => {
    const of = (path: string, field: string) =>
      bob.call(
        'GET',
        `/ajax-api/2.0/mlflow/metrics/${path}?${field}=${his.run}&${field}=${hers.run}&metric_key=m`,
      )
    await expectRefused(of('get-history-bulk', 'run_id'))
    await expectRefused(of('get-history-bulk-interval', 'run_ids'))
  })
})

describe('a request that names a thing twice', () => {
  test('is judged on the one that is used, or refused', async () => {
    const set = (body: object) => bob.post('runs/set-tag', { key: 'k', value: 'v', ...body })
    expect((await set({ run_id: his.run, run_uuid: hers.run })).status).toBe(400)
    expect((await set({ run_id: hers.run, run_uuid: his.run })).status).toBe(400)
    expect((await set({ run_id: his.run, runId: hers.run })).status).toBe(400)
    await expectRefused(set({ run_uuid: hers.run }))
    const inQuery = await bob.call('POST', `/api/2.0/mlflow/runs/set-tag?run_id=${his.run}`, {
      ...{ run_id: hers.run, key: 'k', value: 'v' },
    })
    expect(inQuery.status).toBe(403)
    const artifact = (query: string) => bob.call('GET', `/get-artifact?path=f&${query}`)
    expect((await artifact(`run_id=${his.run}&run_uuid=${hers.run}`)).status).toBe(400)
    expect((await artifact(`run_id=${his.run}&run_id=${hers.run}`)).status).toBe(400)
    await expectRefused(artifact(`run_uuid=${hers.run}`))
    const path = `/api/2.0/mlflow/logged-models/${hers.loggedModel}`
    await expectRefused(
      bob.call('PATCH', path, { model_id: his.loggedModel, status: 'LOGGED_MODEL_READY' }),
    )
    await expectRefused(bob.call('PATCH', `${path}/tags`, { model_id: his.loggedModel, tags: [] }))
    const twice = `{"run_id":"${his.run}","run_id":"${hers.run}","key":"k","value":"v"}`
    const app = await bob.call('POST', '/api/2.0/mlflow/runs/set-tag', JSON.parse(twice))
    expect(app.status).toBe(403)
    const numbers = await bob.post('experiments/set-experiment-tag', {
      ...{ experiment_id: ` +${hers.experiment} `, key: 'k', value: 'v' },
    })
    expect(numbers.status).toBe(403)
  })
})

describe('every prefix and spelling of a path', () => {
  test('is behind the same rule', async () => {
    const query = `run_id=${hers.run}`
    for (const prefix of ['/api', '/ajax-api', '/api/2.0/preview']) {
      const path = prefix.endsWith('preview')
        ? `${prefix}/mlflow/runs/get`
        : `${prefix}/2.0/mlflow/runs/get`
      await expectRefused(bob.call('GET', `${path}?${query}`))
    }
    const odd = await bob.call('GET', `/api/2.0/mlflow/runs/%67et?${query}`)
    expect([403, 404]).toContain(odd.status)
  })
})
