import { FilterError, type Mending, type TextPlace } from '../core/error.ts'
import type { Key } from './cursor.ts'

type Part = 'key' | 'operator' | 'value'
type ClausePlaces = Readonly<Record<Part, TextPlace>>

/**
 * Where the parts of a clause stand in its text, by the key of the clause. They stand beside the clauses, since
 * clauses that say the same are equal wherever they stand.
 */
const placesOf = new WeakMap<Key, ClausePlaces>()

export function notePlaces(key: Key, places: ClausePlaces): void {
  placesOf.set(key, places)
}

/** The 400 for a part of a clause, with its place where the clause was parsed from a text. */
export function refusedAt(
  { key, part }: { readonly key: Key; readonly part: Part },
  message: string,
  { fix, expected }: Mending = {},
): FilterError {
  const place = placesOf.get(key)?.[part]
  return new FilterError(
    message,
    place && {
      ...place,
      ...(fix !== undefined && { fix }),
      ...(expected && { expected }),
    },
  )
}

/** Where the value of a clause stands; undefined: it was not parsed from a text. */
export function valuePlaceOf(key: Key): TextPlace | undefined {
  return placesOf.get(key)?.value
}

/** Each clause of a filter as it stands in its text, and the others without it. */
export function clausesApart(
  text: string,
  filter: readonly { readonly key: Key }[],
): { readonly clause: string; readonly others: string }[] {
  const written = filter.map(({ key }) => {
    const places = placesOf.get(key)
    return places ? text.slice(places.key.at, places.value.end) : ''
  })
  return written.map((clause, i) => ({ clause, others: written.toSpliced(i, 1).join(' AND ') }))
}
