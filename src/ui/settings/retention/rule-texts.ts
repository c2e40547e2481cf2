import type { RetentionTerms } from '../../../retention/terms.ts'
import { plural } from '../../parts/text.tsx'

/** What a rule keeps, as parts of a sentence. */
export function keepTexts({ keep }: RetentionTerms): string[] {
  const { last, younger_than_days: young, downloaded_within_days: read } = keep
  return [
    ...(last === undefined ? [] : [last === 1 ? 'the newest' : `the newest ${last}`]),
    ...(young === undefined
      ? []
      : [`registered or changed in the last ${plural(young, 'day', 'days')}`]),
    ...(read === undefined
      ? []
      : [`registered or downloaded in the last ${plural(read, 'day', 'days')}`]),
  ]
}

/** Why what a rule means goes: each of its terms let go of it. */
export function leavingText(terms: RetentionTerms): string {
  const { last, younger_than_days: young, downloaded_within_days: read } = terms.keep
  return [
    ...(last === undefined ? [] : [`not among the newest ${last}`]),
    ...(young === undefined ? [] : [`not changed in ${plural(young, 'day')}`]),
    ...(read === undefined ? [] : [`not downloaded in ${plural(read, 'day')}`]),
  ].join(', ')
}
