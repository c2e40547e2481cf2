import type { LabelInput } from '../../../judging/labels/label-schema.ts'
import { countText } from '../../parts/text.tsx'

/** What a question takes as an answer, in words. */
export function answerText({ passFail, categorical, numeric, text }: LabelInput): string {
  if (passFail) return `${passFail.positive} or ${passFail.negative}`
  if (categorical) {
    const { isMulti, options } = categorical
    return `${isMulti ? 'several' : 'one'} of: ${options.join(', ')}`
  }
  if (numeric) return numberText(numeric)
  const most = text?.charsMax
  return most === undefined ? 'a text' : `a text of up to ${countText(most)} characters`
}

/** A number and its bounds, in words. */
export function numberText({ min, max }: NonNullable<LabelInput['numeric']>): string {
  return `a number${min === undefined ? '' : ` from ${min}`}${max === undefined ? '' : ` up to ${max}`}`
}
