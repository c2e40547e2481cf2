import { type SQL, sql } from 'drizzle-orm'

/** A row as a driver hands it out: booleans are 0 and 1, blobs do not occur, NaN is never stored. */
export type Row = Record<string, string | number | null>

/** The statements of one batch, run in the order they are written; a name may stand for several. */
export type Batch = Readonly<Record<string, SQL | readonly SQL[] | undefined>>

/** The rows of each statement under its name: of several, a list of rows for each of them. */
export type BatchRows<Q extends Batch> = {
  -readonly [Name in keyof Q]: RowsOf<Q[Name]>
}

type RowsOf<Q> =
  Q extends SQL<infer Row> ? Row[] : Q extends readonly SQL<infer Row>[] ? Row[][] : undefined

/**
 * The database port that D1 and libSQL share. Statements are drizzle's `sql` templates, one
 * statement each; `sql<Row>` says where the columns are written what a row holds. There are no
 * interactive transactions: D1 has none.
 */
export interface Database {
  /** All rows of one statement. */
  all<R>(query: SQL<R>): Promise<R[]>
  /** The first row, or undefined. */
  first<R>(query: SQL<R>): Promise<R | undefined>
  /**
   * All or nothing, in the order written: the rows of each statement under its name. The only
   * transaction.
   *
   * @throws ConstraintError a UNIQUE, NOT NULL, CHECK or foreign key was violated; nothing happened
   */
  batch<const Q extends Batch>(queries: Q): Promise<BatchRows<Q>>
  /**
   * For a read that may take long: beside all other work, and after all that was committed before.
   * Absent where `all` is that already, since the database is in another process.
   */
  readonly aside?: LongReads | undefined
  /** Each call is a trip to another machine: what is asked at once had better go together. */
  readonly isFar?: boolean
}

/** Reads alone; a batch sees one moment. */
export type LongReads = Pick<Database, 'all' | 'batch'>

/** Where to read what may take long. */
export function longReadsOf(db: Database): LongReads {
  return db.aside ?? db
}

/** Ask the database for as little as it can answer; throws what its driver throws. */
export async function pingDatabase(db: Database): Promise<void> {
  await db.first(sql`select 1 as alive`)
}

/** Which rule of the schema a write broke, on whichever driver: the one place that reads driver texts. */
export class ConstraintError extends Error {
  override name = 'ConstraintError'
  constructor(
    readonly kind: 'unique' | 'not null' | 'check' | 'foreign key' | 'trigger',
    /** What SQLite names: `table.column, ...`, the CHECK's name, or the trigger's message. */
    readonly subject: string,
    options?: ErrorOptions,
  ) {
    super(`${kind} constraint: ${subject}`, options)
  }
}

const kinds = {
  'UNIQUE constraint failed': 'unique',
  'NOT NULL constraint failed': 'not null',
  'CHECK constraint failed': 'check',
  'FOREIGN KEY constraint failed': 'foreign key',
} as const

/**
 * The ConstraintError that a driver's error tells of, or undefined for any other failure. SQLite's
 * own words are in all of them, wrapped in `D1_ERROR: ...: SQLITE_CONSTRAINT`, in
 * `SQLITE_CONSTRAINT: SQLite error: ...`, or bare beside a `code`. A trigger's words are its own.
 */
export function constraintError(err: unknown): ConstraintError | undefined {
  const text = err instanceof Error ? err.message : String(err)
  const match =
    /(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: ([^\n]*?))?(?:: SQLITE_CONSTRAINT.*)?$/.exec(
      text,
    )
  if (match) {
    const kind = kinds[`${match[1]} constraint failed` as keyof typeof kinds]
    return new ConstraintError(kind, match[2] ?? '', { cause: err })
  }
  const code = err instanceof Error && 'code' in err ? String(err.code) : ''
  if (!/SQLITE_CONSTRAINT/.test(`${code} ${text}`)) return undefined
  const words = text
    .replace(/^(?:D1_ERROR: |SQLITE_CONSTRAINT: |SQLite error: )*/, '')
    .replace(/: SQLITE_CONSTRAINT.*$/, '')
  return new ConstraintError('trigger', words, { cause: err })
}
