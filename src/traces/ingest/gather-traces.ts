import { invalid } from '../../core/error.ts'
import { checkKey, truncate } from '../../core/names.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { type Span, traceIdOf } from '../spans/span.ts'
import { translateSpan } from '../spans/translate.ts'
import { placeTags, type Texts, tagCharsMax } from '../texts.ts'

/** Spans of one sender, and what it says of itself. */
export type SpanGroup = { readonly spans: readonly Span[]; readonly resource: Texts }

/** The spans of a trace, and the tags that their senders give it. */
export type GatheredTrace = { readonly spans: readonly Span[]; readonly tags: Texts }

const namesPerTurn = 20_000
const namesOfSpan = 20
/** Each trace has what its sender says of itself, however often a request says it: a short one may become a long one. */
const tagCharsOfAllMax = 20_000_000
const charsOfTag = 20

/**
 * The spans of each trace, translated, and the tags that their senders give it.
 *
 * @throws INVALID_PARAMETER_VALUE the tags of all traces are too long
 */
export async function gatherTraces(
  groups: readonly SpanGroup[],
): Promise<Map<string, GatheredTrace>> {
  let [turn, tagChars] = [0, 0]
  const traces = new Map<string, { readonly spans: Span[]; tags: Texts }>()
  for (const { spans, resource } of groups) {
    const tags = resourceTags(resource)
    const chars = charsOf(tags)
    for (const [id, own] of Map.groupBy(spans, traceIdOf)) {
      tagChars += chars
      if (tagChars > tagCharsOfAllMax) throw tooManyTags()
      const trace = traces.get(id) ?? { spans: [], tags: {} }
      traces.set(id, trace)
      trace.tags = { ...trace.tags, ...tags }
      for (const span of own) {
        trace.spans.push(markSpan(translateSpan(span), id, resource))
        turn += namesOfSpan + Object.keys(span.attributes).length
        if (turn < namesPerTurn) continue
        turn = 0
        await letOthersRun()
      }
    }
  }
  return traces
}

function charsOf(tags: Texts): number {
  return Object.entries(tags).reduce(
    (sum, [key, value]) => sum + key.length + value.length + charsOfTag,
    0,
  )
}

function tooManyTags(): Error {
  return invalid(
    `The resources of this request would give its traces more than ${tagCharsOfAllMax} characters of tags; send fewer traces at once`,
  )
}

/** Agents for programming say by their service alone who they are. */
const namedAgents = new Set([
  ...['claude-code', 'codex_cli_rs', 'codex_vscode', 'gemini-cli', 'qwen-code'],
])

function markSpan(span: Span, traceId: string, resource: Texts): Span {
  const service = resource['service.name']
  const isAgent = service !== undefined && span.parentId === undefined && namedAgents.has(service)
  return {
    ...span,
    attributes: {
      ...span.attributes,
      'mlflow.traceRequestId': traceId,
      ...(isAgent ? { 'service.name': service } : {}),
    },
  }
}

/** Keys that no tag may have are left out. */
function resourceTags(resource: Texts): Texts {
  const tags = Object.entries(resource).filter(
    ([key]) => !/^(telemetry\.sdk\.|mlflow\.)/.test(key) && !placeTags.has(key) && isKey(key),
  )
  return Object.fromEntries(tags.map(([key, value]) => [key, truncate(value, tagCharsMax)]))
}

function isKey(key: string): boolean {
  try {
    checkKey(key, 'key')
    return true
  } catch {
    return false
  }
}
