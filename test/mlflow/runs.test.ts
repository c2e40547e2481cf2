import { describe, expect, test } from 'vitest'
import { testServer } from '../app.ts'

type Server = Awaited<ReturnType<typeof testServer>>

async function started(server: Server, body: object = {}) {
  const created = await server.post('runs/create', { experiment_id: '0', ...body })
  expect(created.status, created.text).toBe(200)
  return created.json.run.info.run_id as string
}

async function runOf({ get }: Server, runId: string) {
  return (await get(`runs/get?run_id=${runId}`)).json.run
}

describe('runs/create', () => {
  test('answers the run with its name as a tag, and runs/get answers the same', async () => {
    const server = await testServer()
    const created = await server.post('runs/create', {
      experiment_id: '0',
      user_id: 'ada',
      run_name: 'first',
      start_time: 1234,
      tags: [{ key: 'mlflow.user', value: 'ada' }],
    })
    const { run } = created.json
    const runId = run.info.run_id
    expect(runId).toMatch(/^[0-9a-f]{32}$/)
    expect(run).toEqual({
      info: {
        run_uuid: runId,
        run_id: runId,
        experiment_id: '0',
        run_name: 'first',
        user_id: 'ada',
        status: 'RUNNING',
        start_time: 1234,
        artifact_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
        lifecycle_stage: 'active',
      },
      data: {
        tags: [
          { key: 'mlflow.user', value: 'ada' },
          { key: 'mlflow.runName', value: 'first' },
        ],
      },
      inputs: {},
    })
    const got = await runOf(server, runId)
    expect(got).toMatchObject({ info: run.info, inputs: {}, outputs: {} })
    expect(got.data.tags).toHaveLength(2)
  })

  test('makes up a name of adjective, animal and number where none is given', async () => {
    const server = await testServer()
    const run = await runOf(server, await started(server))
    expect(run.info.run_name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/)
    expect(run.data.tags).toEqual([{ key: 'mlflow.runName', value: run.info.run_name }])
    expect(run.info.start_time).toBe(0)
  })
})
