import { expect, test } from 'vitest'
import { testServer } from '../app.ts'

test('a new experiment can be read by id and by name, with its tags', async () => {
  const { post, get } = await testServer()
  const tags = [{ key: 'team', value: 'fraud' }]
  const { json } = await post('experiments/create', { name: 'churn', tags })
  const byId = await get(`experiments/get?experiment_id=${json.experiment_id}`)
  expect(byId.json.experiment).toEqual({
    experiment_id: json.experiment_id,
    name: 'churn',
    artifact_location: `mlflow-artifacts:/${json.experiment_id}`,
    lifecycle_stage: 'active',
    creation_time: expect.any(Number),
    last_update_time: byId.json.experiment.creation_time,
    tags,
    workspace: 'default',
  })
  const byName = await get('experiments/get-by-name?experiment_name=churn')
  expect(byName.json).toEqual(byId.json)
})

test('experiment 0 is there from the start, named Default', async () => {
  const { get } = await testServer()
  const { json } = await get('experiments/get?experiment_id=0')
  expect(json.experiment).toMatchObject({
    name: 'Default',
    artifact_location: 'mlflow-artifacts:/0',
    lifecycle_stage: 'active',
  })
  expect(json.experiment).not.toHaveProperty('tags')
})
