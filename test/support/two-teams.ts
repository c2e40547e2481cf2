import { expect } from 'vitest'
import type { Platform } from '../../src/platform/context.ts'
import { makeAccount } from './accounts.ts'
import { appOf } from './app.ts'
import { type Client, client } from './client.ts'
import { Clock } from './clock.ts'
import { Receivers } from './receiver.ts'
import { testServer } from './server.ts'

export const teams = ['team-a', 'team-b'] as const
export type TeamName = (typeof teams)[number]

export type Teams = Awaited<ReturnType<typeof twoTeams>>

/**
 * Two workspaces in which the same people work on models and experiments of the same names: ann administrates
 * both and has version 1 of `fraud` in each, of a run with an accuracy; rita uses both, and reviews.
 */
export async function twoTeams() {
  const clock = new Clock()
  const outbound = new Receivers()
  const { platform: fresh } = await testServer({ now: clock.now, outbound })
  const settings = { ...fresh.settings, auth: true, workspaces: true }
  const platform: Platform = { ...fresh, settings }
  const signedIn = async (name: string, isAdmin = false, groups: readonly string[] = []) => {
    const principal = { ...(await makeAccount(platform, name, { isAdmin })), groups }
    return (workspace: string): Client =>
      client(
        appOf(() => platform, principal),
        { 'x-mlflow-workspace': workspace },
      )
  }
  const root = await signedIn('root', true)
  const [ann, rita] = [await signedIn('ann'), await signedIn('rita', false, ['reviewers'])]
  for (const name of teams) {
    await root('default').post3('workspaces', { name })
    const { json } = await root(name).call('GET', `/api/3.0/mlflow/roles/list?workspace=${name}`)
    const roleOf = (wanted: string) =>
      json.roles.find((role: { name: string }) => role.name === wanted).id
    for (const [username, role] of [
      ['ann', 'admin'],
      ['rita', 'user'],
    ] as const) {
      await root(name).post3('roles/assign', { username, role_id: roleOf(role) })
    }
  }
  await root('default').call('PUT', '/api/v1/groups/reviewers', { members: ['rita'] })

  /** One more version of a model, of a run of its own. @returns its number, and the run's id */
  const register = async (team: TeamName, accuracy = 0.9, name = 'fraud') => {
    const { post } = ann(team)
    const made = await post('experiments/create', { name: 'study' })
    const found = await ann(team).get('experiments/get-by-name?experiment_name=study')
    const experiment_id = made.json.experiment_id ?? found.json.experiment.experiment_id
    const run = await post('runs/create', { experiment_id, start_time: 1 })
    const { run_id } = run.json.run.info
    const metric = { run_id, key: 'accuracy', value: accuracy, timestamp: 1, step: 0 }
    await post('runs/log-metric', metric)
    await post('registered-models/create', { name })
    const version = await post('model-versions/create', { name, source: 's3://b/m', run_id })
    expect(version.status, version.text).toBe(200)
    return { version: String(version.json.model_version.version), runId: String(run_id) }
  }
  for (const team of teams) await register(team)

  const policy = async (team: TeamName, terms: object, name = 'p') => {
    const put = await ann(team).call('PUT', `/api/v1/policies/${name}`, {
      applies_to: { models: '*', stage: 'Production' },
      ...terms,
    })
    expect(put.status, put.text).toBe(200)
  }
  const move = (team: TeamName, version = '1', stage = 'Production') =>
    ann(team).post('model-versions/transition-stage', {
      ...{ name: 'fraud', version, stage, archive_existing_versions: false },
    })
  const open = async (team: TeamName, version = '1', to: object = { stage: 'Production' }) => {
    const made = await ann(team).call('POST', '/api/v1/promotions', { model: 'fraud', version, to })
    expect(made.status, made.text).toBe(201)
    return String(made.json.id)
  }
  const review = (team: TeamName, id: string, decision = 'approve') =>
    rita(team).call('POST', `/api/v1/promotions/${id}/reviews`, { decision })
  const request = async (team: TeamName, id: string) =>
    (await ann(team).call('GET', `/api/v1/promotions/${id}`)).json
  const stageOf = async (team: TeamName, version = '1') =>
    (await ann(team).get(`model-versions/get?name=fraud&version=${version}`)).json.model_version
      .current_stage as string
  /** What the audit log of a workspace tells of, the newest first. */
  const actions = async (team: TeamName) =>
    (await ann(team).call('GET', '/api/v1/audit?max_results=100')).json.items.map(
      ({ action }: { action: string }) => action,
    ) as string[]
  return {
    ...{ platform, clock, outbound, root, ann, rita },
    ...{ register, policy, move, open, review, request, stageOf, actions },
  }
}
