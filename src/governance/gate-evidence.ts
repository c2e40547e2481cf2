import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../platform/context.ts'
import { readAttested } from './attestation-gate.ts'
import {
  type ComparedVersions,
  measureExpressions,
} from './policies/expressions/measure-figures.ts'
import type { GateInput } from './policies/gates.ts'
import type { Policy } from './policies/policy.ts'
import { readJudgedScans } from './policies/scan-gate.ts'
import { measureTraces } from './policies/trace-gate.ts'

/** What gates ask for that is no fact of a version: traces, scans of files, statements that others signed. */
export type GateEvidence = Pick<GateInput, 'traces' | 'expressions' | 'scans' | 'attested'> & {
  /** True as long as all of it says of each gate what it said. */
  readonly isStill: SQL
}

/** Read what the gates of policies ask for of a version. */
export async function readGateEvidence(
  ctx: Context,
  policies: readonly Policy[],
  versions: ComparedVersions,
): Promise<GateEvidence> {
  const { candidate } = versions
  const [traces, expressions, scans, attested] = await Promise.all([
    measureTraces(ctx, policies, candidate.id),
    measureExpressions(ctx, policies, versions),
    readJudgedScans(ctx, policies, candidate),
    readAttested(ctx, policies, candidate.id),
  ])
  return {
    traces: traces.evidence,
    expressions: expressions.byGate,
    scans: scans.evidence,
    attested: attested.byGate,
    isStill: sql`${traces.isStill} and ${expressions.isStill} and ${scans.isStill} and ${attested.isStill}`,
  }
}
