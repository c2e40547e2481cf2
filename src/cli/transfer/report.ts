import type { Command } from 'commander'
import { columns } from '../print.ts'
import type { Tally } from './tally.ts'

const shownMax = 50

/** The report at the end of an import, for people. */
export function reportLines(command: Command, tally: Tally, from: string): string[] {
  const rows = [...tally.counts].map(([kind, { source, added, updated, unchanged, refused }]) => [
    kind,
    ...[source, added, updated, unchanged, refused].map(String),
  ])
  const shown = tally.differences.slice(0, shownMax)
  const hidden = tally.differing - shown.length
  return [
    `Taken over from ${from}`,
    ...columns(command, [['', 'there', 'new', 'changed', 'as before', 'refused'], ...rows]),
    ...tally.renamed.map(({ what, as }) => `${what} is ${as} here`),
    ...shown.map(({ what, problem }) => `differs: ${what}: ${problem}`),
    ...(hidden > 0 ? [`differs: ${hidden} more`] : []),
    tally.differing === 0
      ? 'Everything that was compared is the same on both sides.'
      : `${tally.differing} differences.`,
  ]
}

/** The same for programs. */
export function reportJson(tally: Tally, from: string): object {
  return {
    source: from,
    counts: Object.fromEntries(tally.counts),
    bytes: tally.bytes,
    renamed: tally.renamed,
    differences: tally.differences,
    differing: tally.differing,
  }
}
