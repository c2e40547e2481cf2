import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { type Card, type CardField, fieldNames } from '../../governance/cards/card-shape.ts'
import { readMarkdownCard } from '../../governance/cards/read-markdown.ts'
import { StartError } from '../../platform/start-error.ts'
import { ioOf, note } from '../io.ts'

/** Fields as they were written, not validated yet, and the revision that they replace. */
export type CardInput = { readonly [field: string]: unknown; readonly revision?: number }

/** Fields that are lists, given as JSON; the others are text. */
const listNames: readonly CardField[] = ['fairness', 'owners', 'contacts']

/**
 * A card in a file: markdown by its headings and front matter, YAML and JSON by their keys.
 *
 * @param path `-` for standard input, as markdown
 */
export async function readCardFile(command: Command, path: string): Promise<CardInput> {
  const content = path === '-' ? await text(ioOf(command).in) : await readInput(path)
  if (!/\.(?:ya?ml|json)$/i.test(path)) {
    const read = await readMarkdownCard(content)
    if ('problem' in read) throw new StartError(`'${path}' is no model card: ${read.problem}`)
    for (const problem of read.problems ?? []) note(command, `${path}: ${problem}`)
    return read.card
  }
  const value = parsedAs(path, content)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new StartError(`'${path}' must hold the fields of a card, such as limitations`)
  }
  return { ...value }
}

/**
 * A card with some fields changed.
 *
 * @param changes `limitations=text`, `limitations=@file`, `owners=["ada"]`, `notes=` to clear
 */
export async function changeCard(card: Card, changes: readonly string[]): Promise<CardInput> {
  const changed: Record<string, unknown> = { ...card }
  for (const change of changes) {
    const at = change.indexOf('=')
    const name = fieldNames.find((field) => field === change.slice(0, at))
    if (at === -1 || !name) {
      throw new StartError(
        `Unknown change '${change}': write field=value, with a field of ${fieldNames.join(', ')}`,
      )
    }
    const given = change.slice(at + 1)
    if (given === '') delete changed[name]
    else changed[name] = await fieldValue(name, given)
  }
  return changed
}

async function fieldValue(field: CardField, given: string): Promise<unknown> {
  const content = given.startsWith('@') ? await readInput(given.slice(1)) : given
  return listNames.includes(field) ? parsedAs(field, content) : content
}

/** Reads JSON as well, since JSON is YAML. */
function parsedAs(what: string, content: string): unknown {
  try {
    return parse(content, { maxAliasCount: 20 })
  } catch (err) {
    const reason = err instanceof Error ? err.message.split('\n')[0] : ''
    throw new StartError(`'${what}' is neither YAML nor JSON: ${reason}`, { cause: err })
  }
}

async function readInput(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    throw new StartError(`'${path}' cannot be read`, { cause: err })
  }
}
