/** A model, or an experiment. */
export type Tagged = { readonly tags: readonly { readonly key: string; readonly value: string }[] }

/** What people set to say which metric of a model or of an experiment they look at. */
const metricTag = 'gatehouse.metric'

/** The metric that a tag of it names. */
export function chosenMetricOf({ tags }: Tagged): string | undefined {
  return tags.find(({ key }) => key === metricTag)?.value
}
