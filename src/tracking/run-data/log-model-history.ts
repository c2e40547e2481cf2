import { sql } from 'drizzle-orm'
import { invalid } from '../../core/error.ts'
import { jsonListWithSql } from '../../db/sql.ts'
import type { Context } from '../../platform/context.ts'
import { isActiveRun } from '../run.ts'
import { writeToRun } from './write-to-run.ts'

const historyTag = 'mlflow.log-model.history'
/** D1 refuses rows of more than 2 MB. */
const historyCharsMax = 400_000

/**
 * Append to the run's tag `mlflow.log-model.history`, a JSON list; clients before 3.0 read it.
 *
 * @param entry JSON of one object, as it is to stand there
 * @throws INVALID_PARAMETER_VALUE the run is deleted, or the list has grown too long
 */
export async function appendModelHistory(
  ctx: Context,
  runId: string,
  entry: string,
): Promise<void> {
  const { appended } = await writeToRun(ctx, runId, {
    appended: sql`insert into run_tags (run, key, value)
      select runs.id, ${historyTag}, ${`[${entry}]`} from runs
      where ${isActiveRun(ctx, runId)} and length(${entry}) <= ${historyCharsMax}
      on conflict (run, key) do update set value =
        ${jsonListWithSql(sql`value`, sql`excluded.value`)}
      where length(value) + length(${entry}) <= ${historyCharsMax} returning key`,
  })
  if (appended.length === 0) {
    throw invalid(`The tag ${historyTag} of run ${runId} would pass ${historyCharsMax} characters`)
  }
}
