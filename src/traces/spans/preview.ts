import { cutText } from '../../core/error.ts'
import { type ExactJson, exactJsonOf } from '../../core/exact-json.ts'

const previewCharsMax = 1000

/**
 * What a list of traces shows of the inputs or outputs of a root: of a conversation, its last message
 * by `role`; else the JSON.
 */
export function previewOf(
  value: ExactJson | undefined,
  role: 'user' | 'assistant',
): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = lastMessage(value, role) ?? exactJsonOf(value)
  return text.length > previewCharsMax ? `${cutText(text, previewCharsMax - 3)}...` : text
}

function lastMessage(value: ExactJson, role: string): string | undefined {
  const fields = fieldsOf(value)
  if (!fields) return undefined
  const messages =
    listOf(fields.messages) ??
    listOf(fields.input) ??
    listOf(fields.output) ??
    listOf(fields.choices)?.map((choice) => fieldsOf(choice)?.message ?? null)
  const found = messages?.findLast((message) => fieldsOf(message)?.role === role)
  if (found !== undefined) return contentText(fieldsOf(found)?.content)
  const { request } = fields
  return request === undefined ? undefined : lastMessage(request, role)
}

function contentText(content: ExactJson | undefined): string | undefined {
  if (typeof content === 'string') return content
  const part = listOf(content)?.find((item) => typeof fieldsOf(item)?.text === 'string')
  const text = part === undefined ? undefined : fieldsOf(part)?.text
  return typeof text === 'string' ? text : undefined
}

function listOf(value: ExactJson | undefined): readonly ExactJson[] | undefined {
  return Array.isArray(value) ? value : undefined
}

function fieldsOf(value: ExactJson): { readonly [key: string]: ExactJson } | undefined {
  const isFields = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isFields ? (value as { readonly [key: string]: ExactJson }) : undefined
}
