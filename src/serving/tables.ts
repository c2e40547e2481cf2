import { sql } from 'drizzle-orm'
import {
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { registeredModels } from '../registry/tables.ts'

/** Processes that serve a model, as they last said. */
export const servingReplicas = sqliteTable(
  'serving_replicas',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    registered_model: integer()
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    /** The id that the process gave itself. */
    replica: text().notNull(),
    /** What it follows: `models:/fraud/Production`. */
    uri: text().notNull(),
    host: text().notNull(),
    /** Who reports; nobody else may report under this id. */
    reporter: text().notNull(),
    account: integer(),
    /** The version that answers, with the digest of its files; null: none does. */
    version: integer(),
    digest: text(),
    live_at_ms: integer(),
    /** The version that did not come up when it was tried last; null: none. */
    failed_version: integer(),
    failed_message: text(),
    failed_at_ms: integer(),
    seen_at_ms: integer().notNull(),
    /** 1: the audit log tells of this failure. */
    failed_told: integer().notNull().default(0),
  },
  (t) => [
    uniqueIndex('serving_replicas_by_name').on(t.registered_model, t.replica),
    index('serving_replicas_by_version').on(t.registered_model, t.version),
  ],
)

/** How many failures of a model's replicas the audit log took from an account, in an hour at most. */
export const servingFailureCounts = sqliteTable(
  'serving_failure_counts',
  {
    registered_model: integer()
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    /** `accounts.id`; 0: all for whom no account stands. */
    account: integer().notNull(),
    /** When the first of them came. */
    since_ms: integer().notNull(),
    count: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.registered_model, t.account] })],
)

/** How the requests to a model are split between several of its versions. */
export const deployments = sqliteTable(
  'deployments',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    workspace: text().notNull(),
    name: text().notNull(),
    registered_model: integer()
      .notNull()
      .references(() => registeredModels.id, { onDelete: 'cascade' }),
    /** From 1; each change adds one. */
    revision: integer().notNull(),
    /** A `Split` as JSON. */
    split: text().notNull(),
    updated_by: text().notNull(),
    updated_at_ms: integer().notNull(),
    /** `accounts.id` of who wrote it last; null: nobody signed in, or it was not kept yet. */
    account: integer(),
    /** When the next step of a canary begins; null: none is under way, or it is paused. */
    next_step_at_ms: integer(),
  },
  (t) => [
    uniqueIndex('deployments_by_name').on(t.workspace, t.name),
    index('deployments_by_next_step').on(t.next_step_at_ms).where(sql`next_step_at_ms is not null`),
    index('deployments_by_model').on(t.registered_model, t.name),
  ],
)

/** Outcomes of the requests that a deployment answered, in sums. */
export const deploymentOutcomes = sqliteTable(
  'deployment_outcomes',
  {
    deployment: integer()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** Of the requests: Unix time in whole hours. */
    hour: integer().notNull(),
    variant: text().notNull(),
    /** The version that answered; 0: only the scorer knows. */
    version: integer().notNull(),
    name: text().notNull(),
    count: integer().notNull(),
    mean: real().notNull(),
    /** The sum of the squares of the differences from the mean. */
    m2: real().notNull(),
    /** How many values are neither 0 nor 1. */
    others: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deployment, t.hour, t.variant, t.version, t.name] })],
)

/** Which outcomes were reported, so that each counts once. */
export const deploymentOutcomeMarks = sqliteTable(
  'deployment_outcome_marks',
  {
    deployment: integer()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** Of the request. */
    hour: integer().notNull(),
    /** Of the outcome. */
    name: text().notNull(),
    /** Random bits of the request's id. */
    random: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deployment, t.hour, t.name, t.random] })],
)

/** Who reports counts of a deployment, so that a report that is repeated counts once. */
export const deploymentReporters = sqliteTable(
  'deployment_reporters',
  {
    deployment: integer()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** The id that the process gave itself. */
    reporter: text().notNull(),
    /** `accounts.id`; null: nobody signed in. */
    account: integer(),
    /** The number of the last report that was counted. */
    sequence: integer().notNull(),
    seen_at_ms: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.deployment, t.reporter] })],
)

/** What was counted of the variants and shadows of a deployment within a span of time. */
export const deploymentCounts = sqliteTable(
  'deployment_counts',
  {
    deployment: integer()
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    /** 10 seconds; an hour for those that were folded. */
    span_ms: integer().notNull(),
    /** When the span begins. */
    at_ms: integer().notNull(),
    /** `variant` or `shadow`. */
    kind: text().notNull(),
    name: text().notNull(),
    /** 0 where only the scorer knows. */
    version: integer().notNull(),
    requests: integer().notNull(),
    errors: integer().notNull(),
    refused: integer().notNull(),
    skipped: integer().notNull(),
    compared: integer().notNull(),
    agreed: integer().notNull(),
    difference_max: real().notNull(),
    /** JSON: counts by number of bucket. */
    latencies: text().notNull(),
  },
  (t) => [
    primaryKey({
      columns: [t.deployment, t.span_ms, t.at_ms, t.kind, t.name, t.version],
    }),
    index('deployment_counts_by_age').on(t.span_ms, t.at_ms),
  ],
)
