/** An experiment as another server had it. */
export function importedExperiment(id: string, more: object = {}) {
  return {
    experiment_id: id,
    name: `experiment ${id}`,
    lifecycle_stage: 'active',
    creation_time: 1_700_000_000_000,
    last_update_time: 1_700_000_001_000,
    tags: [{ key: 'team', value: 'risk' }],
    ...more,
  }
}

/** A run as another server had it, with two points of `loss` and one of `nan`. */
export function importedRun(digit: string, experimentId: string, more: object = {}) {
  return {
    run_id: digit.repeat(32),
    experiment_id: experimentId,
    run_name: 'big-fox-1',
    user_id: 'rita',
    status: 'FINISHED',
    start_time: 1_700_000_002_000,
    end_time: 1_700_000_003_000,
    lifecycle_stage: 'active',
    params: [{ key: 'alpha', value: '0.5' }],
    tags: [{ key: 'mlflow.runName', value: 'big-fox-1' }],
    points: [
      ['loss', 1, 1_700_000_002_100, 0],
      ['loss', 0.5, 1_700_000_002_200, 1],
      ['nan', 'NaN', 1_700_000_002_300, '9007199254740993'],
    ],
    mark: 'whole',
    ...more,
  }
}

/** A registered model as another server had it. */
export function importedModel(name: string, more: object = {}) {
  return {
    source: 'http://mlflow.example',
    name,
    description: 'as it was',
    creation_time: 1_700_000_004_000,
    last_update_time: 1_700_000_005_000,
    tags: [{ key: 'owner', value: 'risk' }],
    mark: 'whole',
    ...more,
  }
}

/** A version as another server had it, in Production. */
export function importedVersion(name: string, version: number, more: object = {}) {
  return {
    source: 'http://mlflow.example',
    name,
    version,
    version_source: 's3://bucket/model',
    stage: 'Production',
    status: 'READY',
    creation_time: 1_700_000_006_000,
    last_update_time: 1_700_000_007_000,
    mark: 'whole',
    ...more,
  }
}
