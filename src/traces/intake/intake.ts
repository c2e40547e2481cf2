import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { conflict } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { inactiveExperiment, noSuchExperiment } from '../../tracking/experiments/experiment.ts'
import { checkTerms, compileRules, type IntakeRules, type IntakeTerms } from './rules.ts'

/** @param revision 0: nobody set it yet */
export type RevisedIntake = IntakeTerms & { readonly revision: number }

/** How much was redacted and left out so far; what was sent again counts again. */
export type IntakeCounts = {
  readonly valuesRedacted: number
  readonly spansLeftOut: number
  readonly infosLeftOut: number
}

type TermsRow = {
  readonly revision: number | null
  readonly redact_keys: string | null
  readonly redact_patterns: string | null
  readonly sample_rate: number | null
}

function termsFrom(row: TermsRow | undefined): RevisedIntake {
  return {
    revision: row?.revision ?? 0,
    redactKeys: JSON.parse(row?.redact_keys ?? '[]'),
    redactPatterns: JSON.parse(row?.redact_patterns ?? '[]'),
    sampleRate: row?.sample_rate ?? undefined,
  }
}

const termColumns = sql`r.revision, r.redact_keys, r.redact_patterns, r.sample_rate`

/** The statements that read what is done with traces, for a batch; `rulesFromRows` takes their rows. */
export function intakeReads(experimentId: SQL) {
  return {
    ownTerms: sql<TermsRow>`select ${termColumns} from trace_intake r
      where r.experiment = ${experimentId}`,
    defaultTerms: sql<TermsRow>`select ${termColumns} from trace_intake_default r where r.id = 1`,
  }
}

/** What of both is said applies together; of rates that of the experiment. */
export function rulesFromRows(rows: {
  readonly ownTerms: readonly TermsRow[]
  readonly defaultTerms: readonly TermsRow[]
}): IntakeRules | undefined {
  const all = [...rows.ownTerms, ...rows.defaultTerms].map(termsFrom)
  if (all.length === 0) return undefined
  return compileRules(all.map(({ revision: _, ...terms }) => terms))
}

/** What is done with what is written to a trace; undefined: nothing. */
export async function readRulesOf(ctx: Context, trace: SQL): Promise<IntakeRules | undefined> {
  return rulesFromRows(await ctx.db.batch(intakeReads(tracesExperiment(trace))))
}

/** @param trace a select of `traces.id` */
export function tracesExperiment(trace: SQL): SQL {
  return sql`(select experiment from traces where id = (${trace}))`
}

/** The statement that counts what was redacted and left out of an experiment; undefined: nothing was. */
export function countStatement(
  experimentId: SQL,
  { valuesRedacted = 0, spansLeftOut = 0, infosLeftOut = 0 }: Partial<IntakeCounts>,
): SQL | undefined {
  if (valuesRedacted + spansLeftOut + infosLeftOut === 0) return undefined
  return sql`insert into trace_intake_counts
      (experiment, values_redacted, spans_left_out, infos_left_out)
    select e.id, ${valuesRedacted}, ${spansLeftOut}, ${infosLeftOut} from experiments e
    where e.id = ${experimentId} on conflict (experiment) do update set
      values_redacted = values_redacted + excluded.values_redacted,
      spans_left_out = spans_left_out + excluded.spans_left_out,
      infos_left_out = infos_left_out + excluded.infos_left_out`
}

/**
 * What is redacted and left out of the traces of an experiment, beside what the server's default says.
 *
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function getIntake(
  ctx: Context,
  experimentId: number,
): Promise<RevisedIntake & IntakeCounts> {
  const row = await ctx.db.first(intakeRead(ctx, experimentId))
  if (!row) throw noSuchExperiment(experimentId)
  return intakeFrom(row)
}

type IntakeRow = TermsRow & {
  readonly lifecycle_stage: string
  readonly values_redacted: number | null
  readonly spans_left_out: number | null
  readonly infos_left_out: number | null
}

function intakeRead(ctx: Context, experimentId: number) {
  return sql<IntakeRow>`select e.lifecycle_stage, ${termColumns},
      c.values_redacted, c.spans_left_out, c.infos_left_out
    from experiments e left join trace_intake r on r.experiment = e.id
    left join trace_intake_counts c on c.experiment = e.id
    where e.id = ${experimentId} and e.workspace = ${ctx.workspace}`
}

function intakeFrom(row: IntakeRow): RevisedIntake & IntakeCounts {
  return {
    ...termsFrom(row),
    valuesRedacted: row.values_redacted ?? 0,
    spansLeftOut: row.spans_left_out ?? 0,
    infosLeftOut: row.infos_left_out ?? 0,
  }
}

/**
 * Say what is redacted and left out of the traces of an experiment. It counts from the next request on.
 *
 * @param wanted with the revision that the caller read
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 * @throws INVALID_PARAMETER_VALUE the experiment is deleted, or `checkTerms` refuses
 * @throws RESOURCE_CONFLICT somebody else changed it since
 */
export async function setIntake(
  ctx: Context,
  experimentId: number,
  wanted: RevisedIntake,
): Promise<RevisedIntake & IntakeCounts> {
  checkTerms(wanted)
  const { revision } = wanted
  const standing = sql`experiments e left join trace_intake r on r.experiment = e.id
    where e.id = ${experimentId} and e.workspace = ${ctx.workspace}
      and e.lifecycle_stage = 'active' and coalesce(r.revision, 0) = ${revision}`
  const { written, kept } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trace_intake.changed',
      from: standing,
      before: sql`iif(r.revision is null, null, ${termsJson(sql`cast(e.id as text)`, rowTerms)})`,
      after: termsJson(sql`cast(e.id as text)`, givenTerms(wanted)),
    }),
    written: sql<{ revision: number }>`insert into trace_intake
        (experiment, revision, redact_keys, redact_patterns, sample_rate)
      select e.id, ${valuesSql(givenTerms(wanted))} from ${standing}
      on conflict (experiment) do update set ${replacedSql} returning revision`,
    kept: intakeRead(ctx, experimentId),
  })
  const [row] = kept
  if (!row) throw noSuchExperiment(experimentId)
  if (written.length > 0) return intakeFrom(row)
  if (row.lifecycle_stage !== 'active') throw inactiveExperiment(experimentId)
  throw changedSince(row, revision)
}

/** What is redacted and left out of the traces of every experiment of the server. */
export async function getDefaultIntake(ctx: Context): Promise<RevisedIntake> {
  return termsFrom(await ctx.db.first(defaultRead))
}

const defaultRead = sql<TermsRow>`select ${termColumns} from trace_intake_default r where r.id = 1`

/** As `setIntake`, of the whole server. */
export async function setDefaultIntake(
  ctx: Context,
  wanted: RevisedIntake,
): Promise<RevisedIntake> {
  checkTerms(wanted)
  const { revision } = wanted
  const standing = sql`(select 1) one left join trace_intake_default r on r.id = 1
    where coalesce(r.revision, 0) = ${revision}`
  const { written, kept } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'trace_intake.changed',
      from: standing,
      before: sql`iif(r.revision is null, null, ${termsJson(sql`null`, rowTerms)})`,
      after: termsJson(sql`null`, givenTerms(wanted)),
    }),
    written: sql<{ revision: number }>`insert into trace_intake_default
        (id, revision, redact_keys, redact_patterns, sample_rate)
      select 1, ${valuesSql(givenTerms(wanted))} from ${standing}
      on conflict (id) do update set ${replacedSql} returning revision`,
    kept: defaultRead,
  })
  if (written.length > 0) return termsFrom(kept[0])
  throw changedSince(kept[0], revision)
}

type TermsSql = {
  readonly revision: SQL
  readonly keys: SQL
  readonly patterns: SQL
  readonly rate: SQL
}

const rowTerms: TermsSql = {
  revision: sql`r.revision`,
  keys: sql`r.redact_keys`,
  patterns: sql`r.redact_patterns`,
  rate: sql`r.sample_rate`,
}

function givenTerms({ revision, redactKeys, redactPatterns, sampleRate }: RevisedIntake): TermsSql {
  return {
    revision: sql`${revision} + 1`,
    keys: sql`${JSON.stringify(redactKeys)}`,
    patterns: sql`${JSON.stringify(redactPatterns)}`,
    rate: sql`${sampleRate ?? null}`,
  }
}

function valuesSql({ revision, keys, patterns, rate }: TermsSql): SQL {
  return sql`${revision}, ${keys}, ${patterns}, ${rate}`
}

const replacedSql = sql`revision = excluded.revision, redact_keys = excluded.redact_keys,
  redact_patterns = excluded.redact_patterns, sample_rate = excluded.sample_rate`

function termsJson(experiment: SQL, { revision, keys, patterns, rate }: TermsSql): SQL {
  return sql`json_object('experiment', ${experiment}, 'revision', ${revision},
    'redact_keys', json(${keys}), 'redact_patterns', json(${patterns}), 'sample_rate', ${rate})`
}

function changedSince(row: TermsRow | undefined, revision: number): Error {
  return conflict(
    `What is redacted and left out of traces is at revision ${row?.revision ?? 0}, not ${revision}: somebody else changed it; read it again and repeat your change`,
  )
}
