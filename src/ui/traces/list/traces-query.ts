import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { filterOfWords } from '../../../search/words.ts'
import { listIn } from '../../addressed.ts'
import type { Paths } from '../../paths.ts'

/** What a list of traces was asked for; it stands in the address. */
export type TracesQuery = {
  /** A filter or plain words; empty: all. */
  readonly words: string
  /** Traces that are chosen, on whatever page. */
  readonly selected: readonly string[]
  readonly after: string | undefined
}

/** On all pages; what is on one page is less. */
const selectedMax = 100

/** @throws INVALID_PARAMETER_VALUE too many are selected */
export function tracesQueryOf(c: AppContext): TracesQuery {
  return {
    words: (optionalQuery(c, 'q') ?? '').trim(),
    selected: selectedIn(c),
    after: optionalQuery(c, 'after'),
  }
}

/** The traces that checkboxes, or the address, chose. @throws INVALID_PARAMETER_VALUE too many */
export function selectedIn(c: AppContext): readonly string[] {
  const selected = listIn(c, 'sel')
  if (selected.length > selectedMax) throw invalid(`At most ${selectedMax} traces can be selected`)
  return selected
}

/** The filter of a query: words are looked for in the spans. */
export function filterOf({ words }: Pick<TracesQuery, 'words'>): string {
  return filterOfWords(words, 'trace.text')
}

/** The address of a list; what is the default is left out. */
export function tracesPath(to: Paths, experimentId: number, words: string): string {
  return to.query(to.traces(experimentId), { q: words })
}
