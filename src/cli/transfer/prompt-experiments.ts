type Tag = { readonly key: string; readonly value: string }

/**
 * The tag by which MLflow links a prompt with experiments (`,1,2,`), with their ids on the other side.
 *
 * @param idOf undefined for an experiment that is not there
 * @returns undefined for any other tag
 */
export function translateLinkTag(
  { key, value }: Tag,
  idOf: (id: string) => string | undefined,
): Tag | undefined {
  if (key !== '_mlflow_experiment_ids') return undefined
  const ids = value.split(',').map((id) => idOf(id) ?? id)
  return { key, value: ids.join(',') }
}
