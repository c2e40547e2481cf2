/** A filter as it was given; plain words become one: every word stands in `key`. Signs alone are no words. */
export function filterOfWords(given: string, key: string): string {
  const words = given.trim()
  if (words === '' || !isPlain(words)) return words
  return words
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `${key} ILIKE '%${word.replace(/["'%_\\]/g, '_')}%'`)
    .join(' AND ')
}

/** Whether a search is words, and no clause of the grammar. */
export function isPlain(words: string): boolean {
  return !/[=<>]|\b(?:i?like|in|is)\s*(?:["'(]|null|not\b)/i.test(words)
}

/** A text as a filter has it; one with quotes of both kinds no filter can say, and it is as near as it gets. */
export function quotedText(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`
}

/** The clause that finds what has this tag; undefined: no filter can say it. */
export function tagClauseOf({
  key,
  value,
}: {
  readonly key: string
  readonly value: string
}): string | undefined {
  if (/[`\0]/.test(key) || (value.includes("'") && value.includes('"'))) return undefined
  return `tags.\`${key}\` = ${quotedText(value)}`
}
