import type { KeyValue } from '../../tracking/run.ts'

/** Where MLflow keeps the description of a run or an experiment. */
export const noteKey = 'mlflow.note.content'

/** The description among the tags of a run or an experiment; empty: there is none. */
export function noteOf(tags: readonly KeyValue[]): string {
  return tags.find(({ key }) => key === noteKey)?.value ?? ''
}

/** Not one of those that clients and servers set by themselves. */
export function isOwnTag({ key }: Pick<KeyValue, 'key'>): boolean {
  return !key.startsWith('mlflow.')
}

/** What people set to say which metric of a model they look at. */
const metricTag = 'gatehouse.metric'

/** The metric that a tag of the model names. */
export function chosenMetricOf({
  tags,
}: {
  readonly tags: readonly { readonly key: string; readonly value: string }[]
}): string | undefined {
  return tags.find(({ key }) => key === metricTag)?.value
}
