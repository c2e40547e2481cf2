import { promptKey } from '../core/names.ts'
import type { Tag } from './versions/read-versions.ts'

/** What prompt versions have for a source: they have no files. */
const placeholders: readonly string[] = ['dummy-source', 'prompt-template']

export function isPromptTag(tag: Tag): boolean {
  return tag.key === promptKey && tag.value.toLowerCase() === 'true'
}

export function isPromptPlaceholder(source: string): boolean {
  return placeholders.includes(source)
}
