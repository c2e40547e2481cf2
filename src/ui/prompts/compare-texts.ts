import type { Tag } from '../../registry/versions/read-versions.ts'
import { diffTexts, type TextDiff } from '../models/file-diff/text-diff.ts'
import { diffWords, type WordPart } from '../parts/differences/changed-words.tsx'
import { promptTextsOf, wholeTextOf } from './prompt-texts.ts'

/** Word by word where not too much differs, else line by line. */
export type PromptDifferences =
  | { readonly words: readonly WordPart[] }
  | { readonly lines: TextDiff }

type Tagged = { readonly tags: readonly Tag[] }

/** Longer texts are compared by lines alone. */
const charsMax = 50_000

/** What of two versions of a prompt differs: template, answer that is asked for, model. */
export function comparePrompts(before: Tagged, after: Tagged): PromptDifferences {
  const [old, now] = [before, after].map(({ tags }) => wholeTextOf(promptTextsOf(tags)))
  if (old === undefined || now === undefined || old === now) return { words: [] }
  const words = diffWords(old, now, charsMax)
  return words === undefined ? { lines: diffTexts(old, now) } : { words }
}
