import { type Examples, onModel } from './example.ts'

/** MLflow's operations on models, versions and aliases. */
export const registryChanges: Examples = {
  createRegisteredModel: onModel(({ createModel }) =>
    createModel('new', { tags: [{ key: 'a', value: '' }] }),
  ),
  renameRegisteredModel: onModel(({ post }) =>
    post('registered-models/rename', { name: 'm', new_name: 'renamed' }),
  ),
  updateRegisteredModel: onModel(({ patch }) =>
    patch('registered-models/update', { name: 'm', description: 'other' }),
  ),
  deleteRegisteredModel: onModel(({ del }) => del('registered-models/delete', { name: 'm' })),
  setRegisteredModelTag: onModel(({ post }) =>
    post('registered-models/set-tag', { name: 'm', key: 'owner', value: 'ada' }),
  ),
  deleteRegisteredModelTag: onModel(({ del }) =>
    del('registered-models/delete-tag', { name: 'm', key: 'team' }),
  ),
  setRegisteredModelAlias: onModel(({ post }) =>
    post('registered-models/alias', { name: 'm', alias: 'champion', version: '2' }),
  ),
  deleteRegisteredModelAlias: onModel(({ del }) =>
    del('registered-models/alias', { name: 'm', alias: 'champion' }),
  ),
  createModelVersion: onModel(({ createVersion }) => createVersion('m')),
  updateModelVersion: onModel(({ patch }) =>
    patch('model-versions/update', { name: 'm', version: '1', description: 'other' }),
  ),
  deleteModelVersion: onModel(({ del }) =>
    del('model-versions/delete', { name: 'm', version: '1' }),
  ),
  transitionModelVersionStage: onModel(({ transition }) =>
    transition('m', '2', 'Production', { archive_existing_versions: true }),
  ),
  setModelVersionTag: onModel(({ post }) =>
    post('model-versions/set-tag', { name: 'm', version: '1', key: 'validated', value: 'true' }),
  ),
  deleteModelVersionTag: onModel(({ del }) =>
    del('model-versions/delete-tag', { name: 'm', version: '1', key: 'team' }),
  ),
}
