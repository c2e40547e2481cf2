import { type SQL, sql } from 'drizzle-orm'
import { mergedTexts } from '../../db/sql.ts'

/** Whether a trace must stay, whoever asks. @param trace alias of its row of `traces` */
export type IsHeld = (trace: SQL) => SQL

/**
 * The metadata of a row of `traces` with what was said again. Of a trace that is held the run and the logged
 * model stay: without these ties nothing would hold it.
 *
 * @param said JSON
 */
export function mergedMetadata(said: SQL, isHeld: IsHeld): SQL {
  return sql`json_patch(${mergedTexts(sql`traces.metadata`, said)}, (
    select json_group_object(m.key, m.value) from json_each(traces.metadata) m
    where m.key in ('mlflow.sourceRun', 'mlflow.modelId') and ${isHeld(sql`traces`)}))`
}
