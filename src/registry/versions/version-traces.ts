import { type SQL, sql } from 'drizzle-orm'

/** Which traces of a version are asked for, each as SQL. */
export type TraceScope = {
  /** `model_versions.id`. */
  readonly version: SQL
  /** Begun after this, and not after that. */
  readonly fromMs: SQL
  readonly untilMs: SQL
  /** A JSON list of ids of experiments that count beside the version's own. */
  readonly experiments: SQL
  /** The name of a dataset that their run has read; null: any. */
  readonly dataset: SQL
  /** A condition on their experiment `e`; absent: whichever it is. */
  readonly isSeen?: SQL
}

/**
 * A select of the traces `t` of a version: its `id`, `state` and `duration_ms`. A trace says by itself of
 * which run or logged model it is, so it counts only in an experiment of which somebody else said so: that
 * of the version's run or logged model, where the metrics of the version are from too, or one that is named.
 * What is asked is read once, in `w`, and not for each trace.
 */
export function versionTracesSql({
  version,
  fromMs,
  untilMs,
  experiments,
  dataset,
  isSeen = sql`1`,
}: TraceScope): SQL {
  return sql`select t.id, t.state, t.duration_ms
    from (select ${version} as version, ${dataset} as dataset limit 1) w
    cross join model_versions v join registered_models m on m.id = v.registered_model
    cross join experiments e on +e.workspace = m.workspace and e.id in (
      select r.experiment from runs r where r.run_id = v.run_id
      union select l.experiment from logged_models l where l.model_id = v.model_id
      union select value from json_each(${experiments}))
    cross join traces t on t.experiment = e.id
      and t.request_time_ms > ${fromMs} and t.request_time_ms <= ${untilMs}
    where v.id = w.version and ${isSeen} and (t.source_run = v.run_id or t.model_id = v.model_id
        or exists (select 1 from trace_links l where l.workspace = e.workspace
          and l.trace_id = t.trace_id and l.kind = 'run' and l.target = v.run_id))
      and (w.dataset is null or exists (select 1 from datasets d
        cross join run_datasets x on x.dataset = d.id cross join runs r on r.id = x.run
        where d.experiment = e.id and d.name = w.dataset and (r.run_id = t.source_run
          or exists (select 1 from trace_links l where l.workspace = e.workspace
            and l.kind = 'run' and l.target = r.run_id and l.trace_id = t.trace_id))))`
}
