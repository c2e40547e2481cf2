import {
  importedExperiment,
  importedModel,
  importedRun,
  importedVersion,
} from '../../support/imported.ts'
import type { Examples } from './example.ts'

const source = 'http://mlflow.example'
const at = '/api/v1/imports'

/** Taking another server over. */
export const importChanges: Examples = {
  'v1 importExperiments': async ({ call }) => {
    return () => call('POST', `${at}/experiments`, { source, items: [importedExperiment('7')] })
  },
  'v1 importRuns': async ({ call }) => {
    await call('POST', `${at}/experiments`, { source, items: [importedExperiment('7')] })
    return () => call('POST', `${at}/runs`, { source, items: [importedRun('a', '7')] })
  },
  'v1 importLoggedModels': async ({ call }) => {
    await call('POST', `${at}/experiments`, { source, items: [importedExperiment('7')] })
    const model = {
      model_id: `m-${'a'.repeat(32)}`,
      experiment_id: '7',
      name: 'model',
      status: 'LOGGED_MODEL_READY',
      creation_time: 1,
      last_update_time: 2,
      mark: 'x',
    }
    return () => call('POST', `${at}/logged-models`, { source, items: [model] })
  },
  'v1 importModel': async ({ call }) => {
    return () => call('POST', `${at}/models`, importedModel('m'))
  },
  'v1 importVersion': async ({ call }) => {
    await call('POST', `${at}/models`, importedModel('m'))
    return () => call('POST', `${at}/versions`, importedVersion('m', 3, { aliases: ['champion'] }))
  },
}
