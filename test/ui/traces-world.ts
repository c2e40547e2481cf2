import { otlpOf, type SentSpan, traceId } from '../support/trace-server.ts'
import { runsWorld } from './runs-world.ts'

type Said = {
  readonly name?: string
  readonly state?: string
  readonly session?: string
  readonly question?: string
  readonly answer?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly assessments?: readonly object[]
  readonly tookMs?: number
}

/** What is said of a trace that was answered in a conversation. */
export const answered: Said = {
  ...{ session: 's-77', question: 'are pears ripe in winter?', answer: 'Some are.' },
  metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens": 1000, "output_tokens": 204}' },
  tags: { team: 'risk' },
  assessments: [
    {
      assessment_id: 'a-1',
      assessment_name: 'correct',
      source: { source_type: 'HUMAN', source_id: 'rita' },
      feedback: { value: true },
      rationale: 'It says which.',
    },
  ],
}

/** What a program does to answer: it looks something up, and then asks a model, which fails once. */
export const answerSpans: readonly SentSpan[] = [
  { id: 1, name: 'answer', type: 'CHAIN', ms: [0, 2400] },
  { id: 2, parent: 1, name: 'retrieve', type: 'RETRIEVER', ms: [10, 830] },
  { id: 3, parent: 1, name: 'llm', type: 'CHAT_MODEL', ms: [840, 2390] },
  { id: 4, parent: 3, name: 'attempt', type: 'LLM', ms: [850, 1000], status: 2 },
  { id: 5, parent: 3, name: 'attempt', type: 'LLM', ms: [1010, 2380] },
].map(({ ms: [from = 0, to = 0], ...span }) => ({
  ...span,
  startMs: 1_800_000_000_000 + from,
  endMs: 1_800_000_000_000 + to,
  attributes: {
    'mlflow.spanInputs': JSON.stringify({ question: `of ${span.name}`, k: span.id }),
    'mlflow.spanOutputs': JSON.stringify([`said by ${span.name}`]),
  },
}))

/** Traces of the experiment `nightly`, which ann logs. */
export async function tracesWorld(...overrides: Parameters<typeof runsWorld>) {
  const made = await runsWorld(...overrides)
  const { ann, call, app, clock } = made
  /** Log a trace with this number, with its spans. @returns its id */
  const logTrace = async (
    trace: number,
    said: Said = {},
    spans: readonly SentSpan[] = [],
  ): Promise<string> => {
    if (spans.length > 0) {
      const res = await app.request('/v1/traces', {
        method: 'POST',
        headers: {
          authorization: ann,
          'content-type': 'application/json',
          'x-mlflow-experiment-id': '1',
        },
        body: JSON.stringify(otlpOf(spans.map((span) => ({ ...span, trace })))),
      })
      if (res.status !== 200) throw new Error(await res.text())
    }
    const { name = 'answer', state = 'OK', session, question, answer, tookMs = 2400 } = said
    const res = await call(ann, 'POST', '/api/3.0/mlflow/traces', {
      trace: {
        trace_info: {
          trace_id: traceId(trace),
          trace_location: {
            type: 'MLFLOW_EXPERIMENT',
            mlflow_experiment: { experiment_id: '1' },
          },
          request_time: new Date(clock.now() + trace * 1000).toISOString(),
          execution_duration: `${tookMs / 1000}s`,
          state,
          request_preview: question,
          response_preview: answer,
          trace_metadata: {
            ...said.metadata,
            ...(session !== undefined && { 'mlflow.trace.session': session }),
          },
          tags: { ...said.tags, 'mlflow.traceName': name },
          assessments: said.assessments,
        },
      },
    })
    if (res.status !== 200) throw new Error(res.text)
    return traceId(trace)
  }
  return { ...made, logTrace, list: '/experiments/1/traces' }
}
