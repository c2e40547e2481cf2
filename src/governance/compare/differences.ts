/** A name, and its value in each of the things compared; null where one has none. */
export type Difference<T> = { readonly key: string; readonly values: readonly (T | null)[] }

/** The names whose values are not the same in all of `maps`, sorted. */
export function differences<T extends string | number>(
  maps: readonly ReadonlyMap<string, T>[],
): Difference<T>[] {
  const keys = new Set(maps.flatMap((map) => [...map.keys()]))
  return [...keys].sort().flatMap((key) => {
    const values = maps.map((map) => map.get(key) ?? null)
    return values.every((value) => value === values[0]) ? [] : [{ key, values }]
  })
}
