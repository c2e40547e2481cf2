import { checkKey, truncate } from '../../core/names.ts'
import { letOthersRun } from '../../core/rounds.ts'
import { type Span, traceIdOf } from '../spans/span.ts'
import { translateSpan } from '../spans/translate.ts'
import { placeTags, type Texts, tagCharsMax } from '../texts.ts'

/** Spans of one sender, and what it says of itself. */
export type SpanGroup = { readonly spans: readonly Span[]; readonly resource: Texts }

/** The spans of a trace, and the tags that their senders give it. */
export type GatheredTrace = { readonly spans: readonly Span[]; readonly tags: Texts }

const spansPerTurn = 500

/** The spans of each trace, translated, and the tags that their senders give it. */
export async function gatherTraces(
  groups: readonly SpanGroup[],
): Promise<Map<string, GatheredTrace>> {
  let count = 0
  const traces = new Map<string, { readonly spans: Span[]; tags: Texts }>()
  for (const { spans, resource } of groups) {
    const tags = resourceTags(resource)
    for (const span of spans) {
      const id = traceIdOf(span)
      const trace = traces.get(id) ?? { spans: [], tags: {} }
      traces.set(id, trace)
      trace.tags = { ...trace.tags, ...tags }
      trace.spans.push(markSpan(translateSpan(span), id, resource))
      if (++count % spansPerTurn === 0) await letOthersRun()
    }
  }
  return traces
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
