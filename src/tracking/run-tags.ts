/** The tag that repeats a run's name. */
export const runNameTag = 'mlflow.runName'

/** Longer values are cut, as MLflow cuts them. */
export const tagValueCharsMax = 8000
