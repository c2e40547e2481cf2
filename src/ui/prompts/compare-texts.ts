import { diffWordsWithSpace } from 'diff'
import type { Tag } from '../../registry/versions/read-versions.ts'
import { diffTexts, type TextDiff } from '../models/file-diff/text-diff.ts'
import { promptTextsOf, wholeTextOf } from './prompt-texts.ts'

/** A piece of a text: what stayed, or came, or went. */
export type WordPart = { readonly text: string; readonly change: 'added' | 'removed' | undefined }

/** Word by word where not too much differs, else line by line. */
export type PromptDifferences =
  | { readonly words: readonly WordPart[] }
  | { readonly lines: TextDiff }

type Tagged = { readonly tags: readonly Tag[] }

/** So many words may differ: above that, the work grows with their square. */
const editsMax = 300
/** Longer texts are compared by lines alone. */
const charsMax = 50_000

/** What of two versions of a prompt differs: template, answer that is asked for, model. */
export function comparePrompts(before: Tagged, after: Tagged): PromptDifferences {
  const [old, now] = [before, after].map(({ tags }) => wholeTextOf(promptTextsOf(tags)))
  if (old === undefined || now === undefined || old === now) return { words: [] }
  const isShort = old.length + now.length <= charsMax
  const parts = isShort ? diffWordsWithSpace(old, now, { maxEditLength: editsMax }) : undefined
  if (parts === undefined) return { lines: diffTexts(old, now) }
  return {
    words: parts.map(({ value, added, removed }) => ({
      text: value,
      change: added ? 'added' : removed ? 'removed' : undefined,
    })),
  }
}
