import { invalid } from '../core/error.ts'
import { checkLength, isAddressable, isWholeText } from '../core/names.ts'

/** What a rule deletes: versions of these models that nothing of `keep` keeps. */
export type RetentionTerms = {
  /** A glob: `*` stands for any text. */
  readonly models: string
  readonly keep: {
    /** The newest so many of each model stay. */
    readonly last?: number | undefined
    /** Versions that were registered or changed in the last so many days stay. */
    readonly younger_than_days?: number | undefined
    /** Versions of which a file was read in the last so many days stay. */
    readonly downloaded_within_days?: number | undefined
  }
  /** Stages that it may delete from: None, Archived. */
  readonly stages: readonly ('None' | 'Archived')[]
}

const bounds = {
  last: { what: 'versions', max: 1000 },
  younger_than_days: { what: 'days', max: 36_500 },
  downloaded_within_days: { what: 'days', max: 36_500 },
} as const

/** @throws INVALID_PARAMETER_VALUE no address can name it, it keeps nothing, or a number of it is out of bounds */
export function checkRule(name: string, { models, keep, stages }: RetentionTerms): void {
  checkLength(name, 100, 'name')
  if (name === '' || !isAddressable(name) || !isWholeText(name)) {
    throw invalid(
      'A rule needs a name of whole characters, and neither . nor with .. between its slashes',
    )
  }
  checkLength(models, 500, 'models')
  if (models === '' || !isWholeText(models)) {
    throw invalid("A rule says which models it is about: give 'models' a glob, * for all")
  }
  if (stages.length === 0) throw invalid("A rule names a stage in 'stages': None, Archived")
  if (Object.values(keep).every((bound) => bound === undefined)) {
    throw invalid(
      "A rule says what it keeps: give 'keep' one of 'last', 'younger_than_days' and 'downloaded_within_days'",
    )
  }
  for (const [field, { what, max }] of Object.entries(bounds)) {
    const value = keep[field as keyof typeof bounds]
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= max)) {
      throw invalid(`'${field}' is a whole number of ${what} from 1 to ${max}`)
    }
  }
}
