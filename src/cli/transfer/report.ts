import type { Command } from 'commander'
import { columns } from '../print.ts'
import type { Tally } from './tally.ts'

const shownMax = 50

type ReportTerms = {
  readonly title: string
  /** Where things came from: `there` of an import. */
  readonly source: 'here' | 'there'
}

/** The report at the end of an import or an export, for people. */
export function reportLines(command: Command, tally: Tally, terms: ReportTerms): string[] {
  const rows = [...tally.counts].map(([kind, { source, added, updated, unchanged, refused }]) => [
    kind,
    ...[source, added, updated, unchanged, refused].map(String),
  ])
  return [
    terms.title,
    ...columns(command, [['', terms.source, 'new', 'changed', 'as before', 'refused'], ...rows]),
    ...tally.renamed.map(
      ({ what, as }) => `${what} is ${as} ${terms.source === 'here' ? 'there' : 'here'}`,
    ),
    ...[...tally.lost].map(([what, count]) => `not kept there: ${what}: ${count}`),
    ...differenceLines(tally),
    tally.differing === 0
      ? 'Everything that was compared is the same on both sides.'
      : `${tally.differing} differences.`,
  ]
}

/** The report of an import that writes nothing, for people. */
export function measureLines(command: Command, tally: Tally, title: string): string[] {
  const rows = [...tally.counts].map(([kind, { source }]) => [kind, String(source)])
  return [
    title,
    ...columns(command, [['', 'there'], ...rows]),
    ...differenceLines(tally),
    'Nothing was written.',
  ]
}

function differenceLines(tally: Tally): string[] {
  const shown = tally.differences.slice(0, shownMax)
  const hidden = tally.differing - shown.length
  return [
    ...shown.map(({ what, problem }) => `differs: ${what}: ${problem}`),
    ...(hidden > 0 ? [`differs: ${hidden} more`] : []),
  ]
}

/** The same for programs. */
export function reportJson(tally: Tally): object {
  return {
    counts: Object.fromEntries(tally.counts),
    bytes: tally.bytes,
    renamed: tally.renamed,
    not_kept: Object.fromEntries(tally.lost),
    differences: tally.differences,
    differing: tally.differing,
  }
}
