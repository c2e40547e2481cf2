import { isPromptTag } from '../../registry/prompts.ts'
import type { Tag } from '../../registry/versions/read-versions.ts'

/** What a version of a prompt says, as MLflow 3.17 keeps it in tags. */
export type PromptTexts = {
  /** One without a role, or those of a chat in their order. */
  readonly messages: readonly PromptMessage[]
  /** Names in double braces, in the order in which they come first. */
  readonly variables: readonly string[]
  /** As JSON of several lines; undefined: none is asked for. */
  readonly responseFormat: string | undefined
  /** Name of the model and its parameters, each value as a text or as JSON. */
  readonly modelConfig: readonly Tag[]
  /** Why the text is shown as it is kept, where it is no chat although it says so. */
  readonly problem: string | undefined
}

export type PromptMessage = {
  /** Undefined: the prompt is one text. */
  readonly role: string | undefined
  readonly text: string
}

const keys = {
  text: 'mlflow.prompt.text',
  type: '_mlflow_prompt_type',
  responseFormat: '_mlflow_prompt_response_format',
  modelConfig: '_mlflow_prompt_model_config',
  experiments: '_mlflow_experiment_ids',
} as const

/** As MLflow finds them: its `PROMPT_TEMPLATE_VARIABLE_PATTERN`. */
const variable = /\{\{\s*([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)\s*\}\}/gi

/** @param tags of a version */
export function promptTextsOf(tags: readonly Tag[]): PromptTexts {
  const valueAt = (key: string) => tags.find((tag) => tag.key === key)?.value
  const text = valueAt(keys.text) ?? ''
  const chat = valueAt(keys.type) === 'chat' ? messagesIn(text) : [{ role: undefined, text }]
  return {
    messages: chat ?? [{ role: undefined, text }],
    variables: [...new Set([...text.matchAll(variable)].map(([, name = '']) => name))],
    responseFormat: prettyJson(valueAt(keys.responseFormat)),
    modelConfig: configIn(valueAt(keys.modelConfig)),
    problem:
      chat === undefined
        ? 'It says that it is a chat, but its messages cannot be read.'
        : undefined,
  }
}

/** A text with its variables apart, in turn: text, variable, text. */
export function splitAtVariables(text: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const found of text.matchAll(variable)) {
    parts.push(text.slice(from, found.index), found[0])
    from = found.index + found[0].length
  }
  return [...parts, text.slice(from)]
}

/** All that a version says as one text, to be compared with that of another. */
export function wholeTextOf({ messages, responseFormat, modelConfig }: PromptTexts): string {
  const parts = [
    ...messages.map(({ role, text }) => (role === undefined ? text : `${role}:\n${text}`)),
    ...(responseFormat === undefined ? [] : [`Response format:\n${responseFormat}`]),
    ...(modelConfig.length === 0
      ? []
      : [`Model:\n${modelConfig.map(({ key, value }) => `${key} = ${value}`).join('\n')}`]),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Tags that people set, neither of MLflow's own nor what this file reads. */
export function ownPromptTags(tags: readonly Tag[]): Tag[] {
  const read: ReadonlySet<string> = new Set(Object.values(keys))
  return tags.filter((tag) => !tag.key.startsWith('mlflow.') && !read.has(tag.key))
}

/** Versions of prompts that a run loaded, `name/version` each, as the client writes them into a tag of the run. */
export function linkedPromptsOf(tags: readonly Tag[]): string[] {
  const list = parsed(tags.find(({ key }) => key === 'mlflow.linkedPrompts')?.value ?? '')
  if (!Array.isArray(list)) return []
  return list.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return []
    const { name, version } = one as Readonly<Record<string, unknown>>
    return typeof name === 'string' && typeof version === 'string' ? [`${name}/${version}`] : []
  })
}

/** The experiments that a prompt was registered for, as the client writes them: `,1,2,`. */
export function experimentsOf(tags: readonly Tag[]): number[] {
  const text = tags.find(({ key }) => key === keys.experiments)?.value ?? ''
  return text
    .split(',')
    .filter((id) => /^\d{1,15}$/.test(id))
    .map(Number)
}

export function isPrompt({ tags }: { readonly tags: readonly Tag[] }): boolean {
  return tags.some(isPromptTag)
}

/** @returns undefined: it is no list of messages */
function messagesIn(text: string): PromptMessage[] | undefined {
  const value = parsed(text)
  if (!Array.isArray(value)) return undefined
  const messages = value.map(messageFrom)
  return messages.every((one) => one !== undefined) ? messages : undefined
}

function messageFrom(value: unknown): PromptMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { role, content, ...more } = value as Readonly<Record<string, unknown>>
  if (typeof role !== 'string') return undefined
  const said = typeof content === 'string' ? content : lines(content)
  const rest = Object.keys(more).length === 0 ? '' : lines(more)
  return { role, text: [said, rest].filter((part) => part !== '').join('\n') }
}

function configIn(text: string | undefined): Tag[] {
  if (text === undefined) return []
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ key: 'as it is kept', value: text }]
  }
  return Object.entries(value).map(([key, one]) => ({
    key,
    value: typeof one === 'string' ? one : JSON.stringify(one),
  }))
}

function prettyJson(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const value = parsed(text)
  return value === undefined ? text : lines(value)
}

function lines(value: unknown): string {
  return value === undefined || value === null ? '' : JSON.stringify(value, undefined, 2)
}

/** @returns undefined: it is no JSON, and is shown as it is */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
