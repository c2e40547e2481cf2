import type { FC } from 'hono/jsx'
import { cost, findAmounts, tokenUsage } from '../../traces/spans/usage.ts'
import { nameTag, sessionKey } from '../../traces/texts.ts'
import type { TraceInfo, TraceState } from '../../traces/trace.ts'
import { Duration } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import type { ShownCall } from '../shell/api-call.tsx'

/** The call that finds traces of an experiment. */
export function traceSearchOf(
  experimentId: number,
  search: { readonly filter: string; readonly order_by?: readonly string[] },
): ShownCall {
  const mlflow_experiment = { experiment_id: String(experimentId) }
  const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment }]
  return { method: 'POST', path: '/api/3.0/mlflow/traces/search', body: { locations, ...search } }
}

const looks: Readonly<Record<TraceState, Parameters<typeof Chip>[0]>> = {
  OK: { sign: 'check', tone: 'good', word: 'OK' },
  ERROR: { sign: 'cross', tone: 'bad', word: 'error' },
  IN_PROGRESS: { sign: 'glass', tone: 'info', word: 'in progress' },
  STATE_UNSPECIFIED: { sign: 'ring', tone: '', word: 'not said' },
}

/** How a trace ended, or that it has not. */
export const TraceStateChip: FC<{ readonly state: TraceState }> = ({ state }) => (
  <Chip {...looks[state]} />
)

const texts: Readonly<Record<TraceState, string | undefined>> = {
  OK: 'good-text',
  ERROR: 'bad-text',
  IN_PROGRESS: undefined,
  STATE_UNSPECIFIED: 'soft',
}

/** As `TraceStateChip`, a word alone, for tables. */
export const TraceStateText: FC<{ readonly state: TraceState }> = ({ state }) => (
  <span class={texts[state]}>{looks[state].word}</span>
)

/** What its program calls it; undefined: nothing. */
export function nameOf({ tags }: Pick<TraceInfo, 'tags'>): string | undefined {
  return tags[nameTag] || undefined
}

/** What stands where a trace has to be called something. */
export function titleOfTrace(info: TraceInfo): string {
  return nameOf(info) ?? info.traceId
}

/** The conversation that a trace is part of. */
export function sessionOf({ metadata }: Pick<TraceInfo, 'metadata'>): string | undefined {
  return metadata[sessionKey] || undefined
}

/** All tokens that a trace used; undefined: nobody said. */
export function tokensOf({ metadata }: Pick<TraceInfo, 'metadata'>): number | undefined {
  const { total_tokens, input_tokens, output_tokens } =
    findAmounts(metadata[tokenUsage.metadata], tokenUsage) ?? {}
  if (total_tokens !== undefined) return total_tokens
  if (input_tokens === undefined && output_tokens === undefined) return undefined
  return (input_tokens ?? 0) + (output_tokens ?? 0)
}

/** What a trace cost, in dollars; undefined: nobody said. */
export function costOf({ metadata }: Pick<TraceInfo, 'metadata'>): number | undefined {
  return findAmounts(metadata[cost.metadata], cost)?.total_cost
}

/** `0.3 ms`, `812 ms`, `2.41 s`, then as `Duration`. */
export const ShortTime: FC<{ readonly ms: number }> = ({ ms }) => {
  const text = shortTimeText(ms)
  if (text === undefined) return <Duration ms={ms} />
  return <>{text}</>
}

/** Undefined from a minute on. */
function shortTimeText(ms: number): string | undefined {
  if (ms < 10) return `${Math.round(Math.max(0, ms) * 10) / 10} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toPrecision(3))} s`
  return undefined
}

/** The value of an assessment without the quotes that JSON puts around a text. */
export function plainValue(json: string | undefined): string {
  if (json === undefined) return ''
  return json.startsWith('"') ? String(JSON.parse(json)) : json
}
