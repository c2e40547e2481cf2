import { registryServer } from './registry-server.ts'

/** A server with what the tests of model cards start from. */
export async function cardServer(...overrides: Parameters<typeof registryServer>) {
  const server = await registryServer(...overrides)
  const { call, createRun, createVersion, upload } = server
  return {
    ...server,
    getCard: (name: string, version = 1, rest = '') => call('GET', cardPath(name, version) + rest),
    putCard: (name: string, body: unknown, version = 1) =>
      call('PUT', cardPath(name, version), body),
    /** One more version of `name`, sealed, with these files; those under `run:` lie beside the model. */
    async seal(name: string, files: Readonly<Record<string, string>>) {
      const run = await createRun()
      for (const [path, body] of Object.entries({ 'weights.bin': 'w', ...files })) {
        const folder = path.startsWith('run:') ? run.root : `${run.root}/model`
        await upload(`${folder}/${path.replace('run:', '')}`, body)
      }
      const { json } = await createVersion(name, `${run.root}/model`, { run_id: run.runId })
      return { ...run, version: Number(json.model_version.version) }
    },
  }
}

export function cardPath(name: string, version = 1): string {
  return `/api/v1/models/${encodeURIComponent(name)}/versions/${version}/card`
}

export const fullCard = {
  intended_use: 'Rank transactions for review.',
  training_data: 'Transactions of **2025**.\n\n- EU\n- UK',
  evaluation_data: 'January 2026.',
  fairness: [
    { slice: 'age<25', metric: 'recall', value: 0.81 },
    { slice: 'age>=25 | all', metric: 'recall', value: 0.9 },
  ],
  limitations: 'Blind to gift cards.',
  ethical_considerations: 'People decide, not the score.',
  owners: ['Ada Lovelace', 'risk *team*'],
  licence: 'apache-2.0',
  contacts: ['risk@example.com'],
  notes: 'See the [study](https://example.com/study).',
}
