/**
 * Everything that the record knows. `before` and `after` of an entry hold what changed, in the words
 * of our REST surface:
 *
 * | action | before | after |
 * |---|---|---|
 * | registered_model.created | | description, deployment_job_id, tags {} |
 * | registered_model.updated | description, deployment_job_id | the same |
 * | registered_model.renamed | name | name |
 * | registered_model.deleted | description, tags {}, versions [{version, stage}], aliases {alias: version} | |
 * | registered_model.tag_set | key, value (null: it had none) | key, value |
 * | registered_model.tag_deleted | key, value | |
 * | model_version.created | | stage, source, run_id, model_id, description, tags {}, digest |
 * | model_version.updated | description | description |
 * | model_version.deleted | stage, source, run_id, aliases [], digest | |
 * | model_version.transitioned | stage | stage, archived [versions that were moved to Archived with it] |
 * | model_version.rolled_back | stage | stage, archived [...] |
 * | model_version.tag_set, tag_deleted | key, value | key, value |
 * | model_version.alias_set | alias, version (null: none had it) | alias, version |
 * | model_version.alias_deleted | alias, version | |
 * | model_version.card_changed | revision, digest (null: it had no card) | revision, digest, fields [those that differ], imported_from (null: it was written) |
 * | registered_model.card_template_set | card {}, required [] (null: it had none) | card {}, required [] |
 * | registered_model.card_template_deleted | card {}, required [] | |
 * | request.refused | | operation, error_code, message |
 */
export const actions = [
  'registered_model.created',
  'registered_model.updated',
  'registered_model.renamed',
  'registered_model.deleted',
  'registered_model.tag_set',
  'registered_model.tag_deleted',
  'registered_model.card_template_set',
  'registered_model.card_template_deleted',
  'model_version.created',
  'model_version.updated',
  'model_version.deleted',
  'model_version.transitioned',
  'model_version.tag_set',
  'model_version.tag_deleted',
  'model_version.alias_set',
  'model_version.alias_deleted',
  'model_version.card_changed',
] as const

export type Action = (typeof actions)[number]
