import { sql } from 'drizzle-orm'
import {
  check,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { experiments } from '../tracking/tables.ts'

const told = (key: string) => sql.raw(`metadata ->> '$."${key}"'`)

/**
 * A trace without the bodies of its spans. The long columns come last, so that a walk over the short
 * ones stays on the first page of a row.
 */
export const traces = sqliteTable(
  'traces',
  {
    /** Short key for the child tables. */
    id: integer().primaryKey(),
    /** That of its experiment: ids are unique within a workspace. */
    workspace: text().notNull(),
    /** What the world sees: `tr-` and 32 hex digits, or what a client calls it. */
    trace_id: text().notNull(),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    request_time_ms: integer().notNull(),
    duration_ms: integer(),
    /** MLflow's TraceState: OK, ERROR, IN_PROGRESS, STATE_UNSPECIFIED. */
    state: text().notNull(),
    client_request_id: text(),
    name: text().generatedAlwaysAs(sql`tags ->> '$."mlflow.traceName"'`, { mode: 'stored' }),
    session_id: text().generatedAlwaysAs(told('mlflow.trace.session'), { mode: 'stored' }),
    source_run: text().generatedAlwaysAs(told('mlflow.sourceRun'), { mode: 'stored' }),
    /** 1 once its client sent the info: from then on spans change none of what that said. */
    finalized: integer().notNull(),
    /** Rows of `trace_payloads`, up to which they are numbered; 0 when all spans are in a pack. */
    payload_rows: integer().notNull(),
    /** When spans last arrived. */
    touched_at_ms: integer().notNull(),
    /** `trace_packs.id`, and where in it the spans lie; null: in none. */
    pack: integer(),
    pack_offset: integer(),
    pack_length: integer(),
    request_preview: text(),
    response_preview: text(),
    /** JSON objects of texts. */
    tags: text().notNull(),
    metadata: text().notNull(),
    /** 1 where the info said what the trace used, or cost: then the spans' word does not count. */
    usage_told: integer().notNull(),
    cost_told: integer().notNull(),
    model_id: text().generatedAlwaysAs(told('mlflow.modelId'), { mode: 'virtual' }),
  },
  (t) => [
    uniqueIndex('traces_by_trace_id').on(t.workspace, t.trace_id),
    // What follows the id is what judging a version by its traces reads, which thus reads no row of them.
    index('traces_by_time').on(
      ...[t.experiment, t.request_time_ms, t.trace_id],
      ...[t.state, t.duration_ms, t.source_run, t.model_id],
    ),
    index('traces_by_session').on(t.experiment, t.session_id).where(sql`session_id is not null`),
    index('traces_by_run').on(t.source_run).where(sql`source_run is not null`),
    index('traces_by_client_request')
      .on(t.client_request_id)
      .where(sql`client_request_id is not null`),
    index('traces_by_pack').on(t.pack).where(sql`pack is not null`),
    check('traces_labels', sql`octet_length(tags) + octet_length(metadata) <= 1000000`),
    check('traces_payload_rows', sql`payload_rows < 65536`),
  ],
)

/** Spans as they arrived, until they are folded into a pack: one row for each request and trace. */
export const tracePayloads = sqliteTable(
  'trace_payloads',
  {
    /** `traces.id` * 65,536 + the number of the row, so that it needs no index. A trigger deletes it with its trace. */
    id: integer().primaryKey(),
    /** Base64 of gzip of the spans, a line of JSON each; null: in the blob store under `key`. */
    body: text(),
    key: text(),
  },
  (t) => [index('trace_payloads_by_key').on(t.key).where(sql`key is not null`)],
)

/** Bodies of spans of many traces in one object of the blob store, one gzip stream after the other. */
export const tracePacks = sqliteTable(
  'trace_packs',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    key: text().notNull().unique(),
    size_bytes: integer().notNull(),
    created_at_ms: integer().notNull(),
    /** When gc found no trace in it; null: it has some. */
    emptied_at_ms: integer(),
    /** Whether `trace_word_packs` has it: 0 not yet, 1 yes, 2 no, since spans in it are lost. */
    words: integer().notNull().default(0),
  },
  (t) => [index('trace_packs_without_words').on(t.id).where(sql`words <> 1`)],
)

/** A pack whose texts `trace_word_lists` has, so that searches read few of its traces. */
export const traceWordPacks = sqliteTable(
  'trace_word_packs',
  {
    pack: integer()
      .primaryKey()
      .references(() => tracePacks.id, { onDelete: 'cascade' }),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    /** Its lists are in 2^level rows. */
    level: integer().notNull(),
    traces_count: integer().notNull(),
    /** JSON: `traces.id` of each trace, as the lists count them. */
    members: text().notNull(),
  },
  (t) => [index('trace_word_packs_by_experiment').on(t.experiment)],
)

/** Which traces of a pack have which pieces of text; see words/cell-lists.ts. A trigger deletes them with their pack. */
export const traceWordLists = sqliteTable('trace_word_lists', {
  /** The pack * 4,096 + the number of the row, so that it needs no index. */
  id: integer().primaryKey(),
  lists: text().notNull(),
})

/** How far folding came; one row, of the id 1. */
export const traceFolding = sqliteTable('trace_folding', {
  id: integer().primaryKey(),
  /** `traces.id` at which the next run begins. */
  next_trace: integer().notNull(),
  /** The next run is not before this. */
  next_at_ms: integer().notNull(),
})

/** What spans of an experiment are called: some dozens to thousands, so that searches look here first. */
export const spanKinds = sqliteTable(
  'span_kinds',
  {
    id: integer().primaryKey(),
    experiment: integer()
      .notNull()
      .references(() => experiments.id, { onDelete: 'cascade' }),
    /** Empty in the one row that stands for all kinds beyond the bound. */
    status: text().notNull(),
    type: text().notNull(),
    name: text().notNull(),
  },
  (t) => [uniqueIndex('span_kinds_by_name').on(t.experiment, t.status, t.type, t.name)],
)

/** That a trace has spans of a kind. */
export const traceSpanKinds = sqliteTable(
  'trace_span_kinds',
  {
    trace: integer()
      .notNull()
      .references(() => traces.id, { onDelete: 'cascade' }),
    kind: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.trace, t.kind] })],
)

/**
 * Traces that are linked with a run or a prompt version. A trace that is linked with a run may still be on
 * its way; a prompt version need not exist, as in MLflow.
 */
export const traceLinks = sqliteTable(
  'trace_links',
  {
    workspace: text().notNull(),
    /** `run` or `prompt`. */
    kind: text().notNull(),
    /** A run's id, or a prompt's `name/version`. */
    target: text().notNull(),
    trace_id: text().notNull(),
    /** When it was made, of a link whose trace was not there yet. */
    early_at_ms: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.workspace, t.kind, t.target, t.trace_id] }),
    index('trace_links_by_trace').on(t.workspace, t.trace_id),
    index('trace_links_by_time').on(t.early_at_ms).where(sql`early_at_ms is not null`),
  ],
)

/** Traces that were deleted of late: spans that are still on their way do not bring them back. */
export const deletedTraces = sqliteTable(
  'deleted_traces',
  {
    workspace: text().notNull(),
    trace_id: text().notNull(),
    deleted_at_ms: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspace, t.trace_id] }),
    index('deleted_traces_by_time').on(t.deleted_at_ms),
  ],
)

/** How long the traces of an experiment are kept, where somebody said so. */
export const traceRetention = sqliteTable('trace_retention', {
  experiment: integer()
    .primaryKey()
    .references(() => experiments.id, { onDelete: 'cascade' }),
  /** Counts the changes, from 1. */
  revision: integer().notNull(),
  days_max: integer(),
  traces_max: integer(),
  keep_assessed: integer().notNull(),
  keep_of_versions: integer().notNull(),
  /** When old traces were last looked for, and the last trace looked at, where not all were. */
  swept_at_ms: integer().notNull(),
  cursor_ms: integer(),
  cursor_id: text(),
})

const intakeColumns = {
  /** Counts the changes, from 1. */
  revision: integer().notNull(),
  /** JSON lists of globs of names, and of regular expressions. */
  redact_keys: text().notNull(),
  redact_patterns: text().notNull(),
  /** Null: nothing is said. */
  sample_rate: real(),
}

/** What of the traces of an experiment is redacted and left out before anything is kept. */
export const traceIntake = sqliteTable('trace_intake', {
  experiment: integer()
    .primaryKey()
    .references(() => experiments.id, { onDelete: 'cascade' }),
  ...intakeColumns,
})

/** The same of all experiments of the server; one row, of the id 1. */
export const traceIntakeDefault = sqliteTable('trace_intake_default', {
  id: integer().primaryKey(),
  ...intakeColumns,
})

/** How much that was, of each experiment. */
export const traceIntakeCounts = sqliteTable('trace_intake_counts', {
  experiment: integer()
    .primaryKey()
    .references(() => experiments.id, { onDelete: 'cascade' }),
  values_redacted: integer().notNull(),
  spans_left_out: integer().notNull(),
  infos_left_out: integer().notNull(),
})

/** What people, judges and programs say of a trace. */
export const assessments = sqliteTable(
  'assessments',
  {
    id: integer().primaryKey(),
    trace: integer()
      .notNull()
      .references(() => traces.id, { onDelete: 'cascade' }),
    /** `a-` and 32 hex digits, or what a client calls it. */
    assessment_id: text().notNull(),
    /** `feedback`, `expectation` or `issue`. */
    kind: text().notNull(),
    name: text().notNull(),
    source_type: text().notNull(),
    source_id: text(),
    span_id: text(),
    /** JSON; null: the feedback is an error. */
    value: text(),
    /** The value where that is a number. */
    number: real(),
    /** 1 where the value travels as a text of JSON, as those of expectations with lists or maps do. */
    is_serialized: integer().notNull(),
    /** JSON. */
    error: text(),
    rationale: text(),
    /** A JSON object of texts. */
    metadata: text().notNull(),
    /** The session that it is about as a whole, from the metadata. */
    session_id: text().generatedAlwaysAs(sql`metadata ->> '$."mlflow.trace.session"'`, {
      mode: 'stored',
    }),
    overrides: text(),
    /** 0 once another one overrides it. */
    valid: integer().notNull(),
    created_at_ms: integer().notNull(),
    updated_at_ms: integer().notNull(),
  },
  (t) => [
    uniqueIndex('assessments_by_id').on(t.trace, t.assessment_id),
    index('assessments_by_issue').on(t.name).where(sql`kind = 'issue'`),
    index('assessments_by_session').on(t.session_id).where(sql`session_id is not null`),
  ],
)
