import type { ExactJson } from '../../core/exact-json.ts'
import type { Span, SpanAttributes, SpanEvent } from './span.ts'

/** Where a convention for attributes keeps what MLflow has under names of its own. */
type Dialect = {
  readonly kind: string
  readonly types: Readonly<Record<string, string>>
  /** The first that is there counts; a pattern, the first attribute that it fits. */
  readonly inputs: readonly (string | RegExp)[]
  readonly outputs: readonly (string | RegExp)[]
  readonly model: readonly string[]
  readonly provider: readonly string[]
  readonly tools?: readonly string[]
  /** By MLflow's name of the count. */
  readonly tokens: Readonly<Record<string, readonly string[]>>
  readonly messages?: {
    readonly inputs: Readonly<Record<string, string>>
    readonly output: string
  }
}

/** What most senders use: OpenTelemetry's own convention, OpenInference, and Traceloop's. */
const dialects: readonly Dialect[] = [
  {
    kind: 'openinference.span.kind',
    types: Object.fromEntries(
      ['TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'GUARDRAIL']
        .concat('EVALUATOR', 'UNKNOWN')
        .map((type) => [type, type]),
    ),
    inputs: ['input.value'],
    outputs: ['output.value'],
    model: [
      ...['llm.response.model_name', 'llm.model_name'],
      ...['llm.request.model_name', 'embedding.model_name'],
    ],
    provider: ['llm.provider'],
    tokens: {
      input_tokens: ['llm.token_count.prompt'],
      output_tokens: ['llm.token_count.completion'],
      total_tokens: ['llm.token_count.total'],
      cache_read_input_tokens: ['llm.token_count.prompt_details.cache_read'],
      cache_creation_input_tokens: ['llm.token_count.prompt_details.cache_write'],
    },
  },
  {
    kind: 'gen_ai.operation.name',
    types: {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      text_completion: 'LLM',
      response: 'LLM',
    },
    inputs: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments'],
    outputs: ['gen_ai.output.messages', 'gen_ai.tool.call.result'],
    model: ['gen_ai.response.model', 'gen_ai.request.model'],
    provider: ['gen_ai.provider.name'],
    tools: ['gen_ai.tool.definitions'],
    tokens: {
      input_tokens: ['gen_ai.usage.input_tokens'],
      output_tokens: ['gen_ai.usage.output_tokens'],
      cache_read_input_tokens: ['gen_ai.usage.cache_read.input_tokens'],
      cache_creation_input_tokens: [
        'gen_ai.usage.cache_write.input_tokens',
        'gen_ai.usage.cache_creation.input_tokens',
      ],
    },
    messages: {
      inputs: {
        'gen_ai.system.message': 'system',
        'gen_ai.user.message': 'user',
        'gen_ai.assistant.message': 'assistant',
      },
      output: 'gen_ai.choice',
    },
  },
  {
    kind: 'traceloop.span.kind',
    types: { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL', unknown: 'UNKNOWN' },
    inputs: [
      'traceloop.entity.input',
      /^gen_ai\.prompt\.\d+\.content$/,
      /^gen_ai\.completion\.\d+\.tool_calls\.\d+\.arguments$/,
    ],
    outputs: ['traceloop.entity.output', /^gen_ai\.completion\.\d+\.content$/],
    model: ['gen_ai.request.model'],
    provider: ['gen_ai.system'],
    tokens: {
      input_tokens: ['gen_ai.usage.prompt_tokens'],
      output_tokens: ['gen_ai.usage.completion_tokens'],
      total_tokens: ['llm.usage.total_tokens'],
    },
  },
]

/**
 * A span with what MLflow has names for under these too, where its sender used another convention. What
 * it has under MLflow's own names stays, and so do the originals.
 */
export function translateSpan(span: Span): Span {
  const found: Record<string, ExactJson> = {}
  for (const dialect of dialects) {
    for (const [key, value] of Object.entries(translationOf(dialect, span))) {
      if (value === undefined || Object.hasOwn(span.attributes, key)) continue
      if (!Object.hasOwn(found, key)) found[key] = value
    }
  }
  if (Object.keys(found).length === 0) return span
  return { ...span, attributes: { ...span.attributes, ...found } }
}

type Translation = Readonly<Record<string, ExactJson | undefined>>

function translationOf(dialect: Dialect, { attributes, events }: Span): Translation {
  const kind = firstOf(attributes, [dialect.kind])
  const { messages } = dialect
  return {
    'mlflow.spanType':
      typeof kind === 'string' && Object.hasOwn(dialect.types, kind)
        ? dialect.types[kind]
        : undefined,
    'mlflow.spanInputs':
      firstOf(attributes, dialect.inputs) ??
      (messages && messagesOf(events, (event) => messages.inputs[event.name])),
    'mlflow.spanOutputs':
      firstOf(attributes, dialect.outputs) ??
      (messages && messagesOf(events, (event) => choiceRole(event, messages.output))),
    'mlflow.llm.model': firstOf(attributes, dialect.model),
    'mlflow.llm.provider': firstOf(attributes, dialect.provider),
    'mlflow.chat.tools': dialect.tools && firstOf(attributes, dialect.tools),
    'mlflow.chat.tokenUsage': usageOf(dialect, attributes),
  }
}

function firstOf(
  attributes: SpanAttributes,
  keys: readonly (string | RegExp)[],
): ExactJson | undefined {
  for (const key of keys) {
    const name =
      typeof key === 'string' ? key : Object.keys(attributes).find((known) => key.test(known))
    if (name !== undefined && Object.hasOwn(attributes, name)) return attributes[name]
  }
  return undefined
}

/** Where one of input and output is there, both are; the total is their sum where it is not told. */
function usageOf({ tokens }: Dialect, attributes: SpanAttributes): ExactJson | undefined {
  const usage: Record<string, bigint> = {}
  for (const [name, keys] of Object.entries(tokens)) {
    const count = firstOf(attributes, keys)
    if (typeof count === 'bigint') usage[name] = count
  }
  const { input_tokens: input, output_tokens: output } = usage
  if (input === undefined || output === undefined) return undefined
  return { ...usage, total_tokens: usage.total_tokens ?? input + output }
}

function messagesOf(
  events: readonly SpanEvent[],
  roleOf: (event: SpanEvent) => string | undefined,
): ExactJson | undefined {
  const messages = events.flatMap((event) => {
    const role = roleOf(event)
    const content = event.attributes.content
    return role === undefined || content === undefined ? [] : [{ role, content }]
  })
  return messages.length > 0 ? messages : undefined
}

function choiceRole({ name, attributes }: SpanEvent, choice: string): string | undefined {
  if (name !== choice) return undefined
  return typeof attributes.role === 'string' ? attributes.role : 'assistant'
}
