import { type SQL, sql } from 'drizzle-orm'
import { commit, entryStatement } from '../../audit/commit.ts'
import { absent, conflict, invalid, RegistryError } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { ConstraintError } from '../../db/database.ts'
import type { Context } from '../../platform/context.ts'
import { checkPageSize, type Page, readPage } from '../../search/page.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import { judgingMessages } from '../messages.ts'
import {
  checkLabelInput,
  checkLabelTexts,
  defaultName,
  defaultOwnerIn,
  defaultSchemaOf,
  isLabelSchema,
  type LabelInput,
  type LabelSchema,
  type LabelSchemaRow,
  labelSchemaFrom,
  labelSchemaNotFound,
} from './label-schema.ts'

const pageMax = 50_000
const pageDefault = 100
const schemasMax = 1000

export type NewLabelSchema = Pick<
  LabelSchema,
  'experimentId' | 'name' | 'type' | 'instruction' | 'enableComment' | 'input'
>

/**
 * @throws INVALID_PARAMETER_VALUE it cannot be answered, or something is too long
 * @throws RESOURCE_ALREADY_EXISTS the experiment has one of this name
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment
 */
export async function createLabelSchema(ctx: Context, made: NewLabelSchema): Promise<LabelSchema> {
  checkLabelTexts(made)
  checkLabelInput(made.input)
  const experiment = await getExperiment(ctx, made.experimentId)
  if (experiment.lifecycleStage === 'deleted') throw inactiveExperiment(made.experimentId)
  const schemaId = `ls-${ctx.randomId()}`
  const now = ctx.now()
  const write = commit(ctx, {
    made: sql`insert into label_schemas (schema_id, experiment, name, type, instruction, enable_comment,
        created_at_ms, updated_at_ms, input)
      select ${schemaId}, id, ${made.name}, ${made.type}, ${made.instruction ?? null},
        ${Number(made.enableComment)}, ${now}, ${now}, ${JSON.stringify(made.input)}
      from experiments where id = ${made.experimentId} and lifecycle_stage = 'active'
        and (select count(*) from label_schemas where experiment = ${made.experimentId}) < ${schemasMax}`,
    entry: entryStatement(ctx, {
      action: 'label_schema.created',
      from: sql`label_schemas l where l.schema_id = ${schemaId}`,
      after: schemaJson({}),
    }),
    schemas: schemaRead(ctx, schemaId),
  })
  const [row] = (await refuseTaken(write, made)).schemas
  if (!row) throw invalid(`An experiment has at most ${schemasMax} label schemas; delete some`)
  return labelSchemaFrom(row)
}

async function refuseTaken<T>(
  write: Promise<T>,
  { name, experimentId }: Pick<LabelSchema, 'name' | 'experimentId'>,
): Promise<T> {
  try {
    return await write
  } catch (err) {
    if (!(err instanceof ConstraintError && err.kind === 'unique')) throw err
    const message = judgingMessages.labelSchemaTaken(name, experimentId)
    throw new RegistryError('RESOURCE_ALREADY_EXISTS', message, { cause: err })
  }
}

function schemaRead(ctx: Context, schemaId: string) {
  return sql<LabelSchemaRow>`select l.* from label_schemas l where ${isLabelSchema(ctx, schemaId)}`
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getLabelSchema(ctx: Context, schemaId: string): Promise<LabelSchema> {
  const owner = defaultOwnerIn(schemaId)
  if (owner !== undefined) {
    const { id, createdAtMs } = await getExperiment(ctx, owner)
    return defaultSchemaOf(id, Number(createdAtMs))
  }
  const row = await ctx.db.first(schemaRead(ctx, schemaId))
  if (!row) throw labelSchemaNotFound(schemaId)
  return labelSchemaFrom(row)
}

/** @throws RESOURCE_DOES_NOT_EXIST no such experiment, or it has none of this name */
export async function getLabelSchemaByName(
  ctx: Context,
  experimentId: number,
  name: string,
): Promise<LabelSchema> {
  const { createdAtMs } = await getExperiment(ctx, experimentId)
  if (name === defaultName) return defaultSchemaOf(experimentId, Number(createdAtMs))
  const row = await ctx.db.first(sql<LabelSchemaRow>`select * from label_schemas
    where experiment = ${experimentId} and name = ${name}`)
  if (!row) throw absent(judgingMessages.noLabelSchemaNamed(name, experimentId))
  return labelSchemaFrom(row)
}

/** The default one stands before all. */
const defaultKey = Number.MAX_SAFE_INTEGER - 1

/** The default question, and then the others, the newest first. @throws RESOURCE_DOES_NOT_EXIST no such experiment */
export async function listLabelSchemas(
  ctx: Context,
  experimentId: number,
  page: { readonly maxResults: Int64 | undefined; readonly token: string | undefined },
): Promise<Page<LabelSchema>> {
  const { createdAtMs } = await getExperiment(ctx, experimentId)
  const own = { key: defaultKey, schema: defaultSchemaOf(experimentId, Number(createdAtMs)) }
  const found = await readPage(
    {
      fingerprint: ['label schemas', ctx.workspace, experimentId],
      count: checkPageSize(page.maxResults, { most: pageMax, absent: pageDefault }),
      token: page.token,
    },
    {
      first: Number.MAX_SAFE_INTEGER,
      read: async (after, count) => {
        const rows = await ctx.db.all(sql<LabelSchemaRow>`select * from label_schemas
          where experiment = ${experimentId} and id < ${after} order by id desc limit ${count}`)
        const others = rows.map((row) => ({ key: row.id, schema: labelSchemaFrom(row) }))
        return after > defaultKey ? [own, ...others].slice(0, count) : others
      },
      keyOf: ({ key }) => key,
    },
  )
  return { items: found.items.map(({ schema }) => schema), nextPageToken: found.nextPageToken }
}

/** What is to be changed; undefined stays. */
export type LabelChange = {
  readonly name: string | undefined
  readonly instruction: string | undefined
  readonly enableComment: boolean | undefined
  readonly input: LabelInput | undefined
  /** Its `updatedAtMs` as the caller saw it; undefined: whatever it is now. */
  readonly seenUpdatedAtMs?: number | undefined
}

/**
 * @throws INVALID_PARAMETER_VALUE it cannot be answered, something is too long, or it is the default one
 * @throws RESOURCE_CONFLICT it has changed since it was seen
 * @throws RESOURCE_ALREADY_EXISTS the experiment has another one of this name
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function updateLabelSchema(
  ctx: Context,
  schemaId: string,
  change: LabelChange,
): Promise<LabelSchema> {
  const before = await getLabelSchema(ctx, schemaId)
  if (before.isDefault) throw invalid(judgingMessages.defaultLabelFixed('edited'))
  checkLabelTexts(change)
  if (change.input) {
    checkLabelInput(change.input)
    checkSameKind(before.input, change.input)
  }
  const { name = before.name, enableComment, seenUpdatedAtMs: seen } = change
  const isAsSeen = sql`${isLabelSchema(ctx, schemaId)}
    and l.updated_at_ms = ${seen === undefined ? sql`l.updated_at_ms` : sql`${seen}`}`
  const write = commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'label_schema.changed',
      from: sql`label_schemas l where ${isAsSeen}`,
      before: schemaJson({}),
      after: schemaJson(change),
    }),
    changed: sql<{
      id: number
    }>`update label_schemas as l set name = coalesce(${change.name ?? null}, name),
        instruction = coalesce(${change.instruction ?? null}, instruction),
        enable_comment = coalesce(${enableComment === undefined ? null : Number(enableComment)}, enable_comment),
        input = coalesce(${change.input ? JSON.stringify(change.input) : null}, input),
        updated_at_ms = ${ctx.now()}
      where ${isAsSeen} returning id`,
    schemas: schemaRead(ctx, schemaId),
  })
  const { changed, schemas } = await refuseTaken(write, { name, experimentId: before.experimentId })
  const [row] = schemas
  if (!row) throw labelSchemaNotFound(schemaId)
  if (changed.length === 0) {
    throw conflict(
      `'${row.name}' has changed since it was shown; look at it and repeat your change`,
    )
  }
  return labelSchemaFrom(row)
}

/** What the audit log says of a label schema `l`, with what is to be changed. */
function schemaJson({ name, instruction, input }: Partial<LabelChange>): SQL {
  return sql`json_object('experiment', cast(l.experiment as text), 'schema', l.schema_id,
    'name', coalesce(${name ?? null}, l.name), 'type', l.type,
    'instruction', coalesce(${instruction ?? null}, l.instruction),
    'input', json(coalesce(${input ? JSON.stringify(input) : null}, l.input)))`
}

/** Answers to the question are there already. */
function checkSameKind(before: LabelInput, now: LabelInput): void {
  const kindOf = (input: LabelInput) =>
    Object.entries(input).find(([, kind]) => kind !== undefined)?.[0]
  if (kindOf(before) !== kindOf(now)) {
    throw invalid(`${judgingMessages.labelInputFixed} after creation; make another question`)
  }
  if (before.categorical?.isMulti !== now.categorical?.isMulti) {
    throw invalid(`${judgingMessages.multiSelectFixed}; make another question`)
  }
}

/** Queues ask it no longer. One that is not there is no error. @throws INVALID_PARAMETER_VALUE it is the default one */
export async function deleteLabelSchema(ctx: Context, schemaId: string): Promise<void> {
  if (defaultOwnerIn(schemaId) !== undefined)
    throw invalid(judgingMessages.defaultLabelFixed('deleted'))
  await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'label_schema.deleted',
      from: sql`label_schemas l where ${isLabelSchema(ctx, schemaId)}`,
      before: schemaJson({}),
    }),
    asked: sql`update review_queues as q set schema_ids = (
        select json_group_array(value) from json_each(q.schema_ids) where value <> ${schemaId})
      where q.experiment = (select l.experiment from label_schemas l where ${isLabelSchema(ctx, schemaId)})
        and exists (select 1 from json_each(q.schema_ids) where value = ${schemaId})`,
    gone: sql`delete from label_schemas as l where ${isLabelSchema(ctx, schemaId)}`,
  })
}
