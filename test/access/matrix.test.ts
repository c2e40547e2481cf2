import { expect, test } from 'vitest'
import { served as api } from '../../src/api/routes.ts'
import { served as mlflow } from '../../src/mlflow/routes.ts'
import { apiMatrix, mlflowMatrix, type Needs, type Row, type Things } from './matrix.ts'
import { type Member, type Team, team } from './team.ts'

const levels = ['none', 'READ', 'USE', 'EDIT', 'MANAGE'] as const
const ranks: readonly Needs[] = ['anyone', 'READ', 'USE', 'EDIT', 'MANAGE', 'admin']

test('every operation and every endpoint has a row that says who may call it', () => {
  const operations = [...new Set(mlflow.map(({ name }) => name))].sort()
  expect(Object.keys(mlflowMatrix).sort()).toEqual(operations)
  const endpoints = api.map(({ endpoint }) => endpoint.name).sort()
  expect(Object.keys(apiMatrix).sort()).toEqual(endpoints)
})

test('nobody does more than its level allows, nor less, by any operation or endpoint', async () => {
  const on = await team({ defaultPermission: 'NO_PERMISSIONS' })
  await on.member('guest')
  const askers: [Needs, Member][] = []
  for (const level of levels) {
    askers.push([level === 'none' ? 'anyone' : level, await on.member(level)])
  }
  askers.push(['admin', on.admin])
  const wrong: string[] = []
  let things: Things | undefined
  for (const [name, row] of Object.entries({ ...mlflowMatrix, ...apiMatrix })) {
    things ??= await make(on)
    wrong.push(...(await ask(name, row, things, askers)))
    if (row.spoils) things = undefined
  }
  expect(wrong).toEqual([])
}, 120_000)

/** What came out otherwise than the row says; those who may not ask first, so that things stay. */
async function ask(
  name: string,
  row: Row,
  things: Things,
  askers: readonly [Needs, Member][],
): Promise<string[]> {
  const wrong: string[] = []
  let isFirst = true
  for (const [level, asker] of askers) {
    const may = row.needs === 'public' || ranks.indexOf(level) >= ranks.indexOf(row.needs)
    const { status, text } = await asker.call(...row.ask(things, asker))
    const expected = !may ? status === 403 : !isFirst || status === (row.answer ?? 200)
    if (!expected || (may && status === 403)) {
      wrong.push(`${name} by ${asker.principal.name}: ${status} ${text.slice(0, 200)}`)
    }
    if (may) isFirst = false
  }
  return wrong
}

let made = 0

/** A set of things, on which each member but `none` has its level. */
async function make({ admin, grant }: Team): Promise<Things> {
  const number = ++made
  const model = `model-${number}`
  const experimentName = `experiment-${number}`
  const created = await admin.post('experiments/create', { name: experimentName })
  const experiment: string = created.json.experiment_id
  const started = await admin.post('runs/create', { experiment_id: experiment })
  const run: string = started.json.run.info.run_id
  const proxy = '/api/2.0/mlflow-artifacts/artifacts'
  await admin.call('PUT', `${proxy}/${experiment}/${run}/artifacts/model/f.txt`, 'bytes')
  const logged = await admin.post('logged-models', { experiment_id: experiment, name: 'm' })
  const loggedModel: string = logged.json.model.info.model_id
  await admin.call('PUT', `${proxy}/${experiment}/models/${loggedModel}/artifacts/MLmodel`, 'x')
  await admin.post('registered-models/create', { name: model })
  const source = { source: `models:/${loggedModel}`, model_id: loggedModel }
  await admin.post('model-versions/create', { name: model, ...source })
  await admin.post('registered-models/alias', { name: model, alias: 'champion', version: '1' })
  for (const level of levels.slice(1)) {
    await grant(level, 'experiment', experiment, level)
    await grant(level, 'registered_model', model, level)
  }
  const role = await admin.post3('roles/create', { name: `role-${number}`, workspace: 'default' })
  const roleId = String(role.json.role.id)
  const permission = await admin.post3('roles/permissions/add', {
    ...{ role_id: roleId, resource_type: 'experiment', resource_pattern: '*', permission: 'READ' },
  })
  const right = await admin.call('POST', '/api/v1/grants', {
    ...{ principal: 'ada', action: 'read_audit', models: model },
  })
  return {
    ...{ experiment, experimentName, run, loggedModel, model },
    role: roleId,
    rolePermission: String(permission.json.role_permission.id),
    grant: right.json.id,
  }
}
