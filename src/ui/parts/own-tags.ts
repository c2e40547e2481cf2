import type { KeyValue } from '../../tracking/run.ts'

/** Where MLflow keeps the description of a run or an experiment. */
export const noteKey = 'mlflow.note.content'

/** The description among the tags of a run or an experiment; empty: there is none. */
export function noteOf(tags: readonly KeyValue[]): string {
  return tags.find(({ key }) => key === noteKey)?.value ?? ''
}

/** The folders of a run into which clients before 3.0 logged models, by the tag in which they noted that. */
export function loggedFoldersOf(tags: readonly KeyValue[]): string[] {
  const history = tags.find(({ key }) => key === 'mlflow.log-model.history')?.value ?? ''
  const noted = history.matchAll(/"artifact_path": ?"([^"\\]+)"/g)
  return [...new Set([...noted].flatMap(([, path]) => path ?? []))]
}

/** Not one of those that clients and servers set by themselves. */
export function isOwnTag({ key }: Pick<KeyValue, 'key'>): boolean {
  return !key.startsWith('mlflow.')
}

/** Whether a metric is of the machine that a run is on, as MLflow's clients name them. */
export function isSystemMetric(key: string): boolean {
  return key.startsWith('system/')
}
