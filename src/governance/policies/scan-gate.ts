import { type SQL, sql } from 'drizzle-orm'
import { findingsOf, type ScanFinding } from '../../artifacts/scan/findings.ts'
import { type ManifestScan, readScans, scanMarkSql } from '../../artifacts/scan/read-scans.ts'
import { excerpt } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { VersionFacts } from './facts.ts'
import type { Gate, Policy } from './policy.ts'
import { failed, passed, type Verdict } from './verdict.ts'

/** What scans told of the files of a version. */
export type ScanEvidence = ManifestScan

/** The scans that the gates of a judgement looked at. */
export type JudgedScans = {
  readonly evidence: ScanEvidence | undefined
  /** True as long as no file was scanned since. */
  readonly isStill: SQL
}

/** Read what gates of policies ask of the scans of a version. */
export async function readJudgedScans(
  ctx: Context,
  policies: readonly Policy[],
  { manifestId }: Pick<VersionFacts, 'manifestId'>,
): Promise<JudgedScans> {
  const isAsked = policies.some(({ document }) =>
    document.gates.some(({ type }) => type === 'scan'),
  )
  if (!isAsked || manifestId === null) return { evidence: undefined, isStill: sql`1` }
  const evidence = await readScans(ctx, manifestId)
  return { evidence, isStill: sql`${scanMarkSql(manifestId)} = ${evidence.mark}` }
}

const findingWords: Readonly<Record<ScanFinding['what'], string>> = {
  dangerous: 'imports',
  unlisted: 'imports',
  code: 'holds the program',
  template: 'holds the template',
  lambda: 'holds',
  operation: 'holds the operation',
  unread: 'could not be read:',
}
const shownMax = 10

/** Judge a gate by what may run when the files are loaded. */
export function judgeScan(
  gate: Extract<Gate, { type: 'scan' }>,
  evidence: ScanEvidence | undefined,
): Verdict {
  if (!evidence) return failed('the version is not sealed: its files are not kept here')
  const findings = findingsOf(evidence, gate)
  const { waiting, files } = evidence
  if (findings.length === 0) {
    return waiting === 0
      ? passed(`${files} files scanned; nothing runs when they are loaded that is not allowed`)
      : { status: 'pending', detail: `${waiting} of ${files} files are not scanned yet` }
  }
  // The worst first: a list is cut somewhere.
  const sorted = [...findings].sort((a, b) => rankOf(a) - rankOf(b))
  const shown = sorted.slice(0, shownMax).map(({ path, what, detail }) => {
    const where = what === 'code' && detail === path ? 'is a program' : textOf(what, detail)
    return `${excerpt(path, 200)} ${where}`
  })
  const rest = findings.length - shown.length
  return failed([...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; '))
}

function textOf(what: ScanFinding['what'], detail: string): string {
  return `${findingWords[what]} ${excerpt(detail, 200)}`
}

function rankOf({ what }: ScanFinding): number {
  return ['dangerous', 'unread'].indexOf(what) === -1 ? 1 : 0
}
