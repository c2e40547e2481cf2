import { addAttestation, listTrustedKeys } from '../../../api/endpoints/attestations.ts'
import { ApiError, type GatehouseClient } from '../../../client/client.ts'

/** A signed statement about the files of a version, and the key that signed it. */
export type SignedStatement = {
  /** What people know it by. */
  readonly title: string
  readonly hint: string
  open(): Promise<Readonly<Record<string, unknown>>>
}

type StatementsToSend = {
  /** In the order in which they were made: of several, the newest counts. */
  readonly statements: readonly SignedStatement[]
  /** Hints of the keys that the server trusts. */
  readonly trusted: ReadonlySet<string>
}

/** What became of statements at a server. */
export type SentStatements = {
  readonly kept: readonly string[]
  readonly left: readonly { readonly title: string; readonly why: string }[]
}

/**
 * Give a server the statements about a version, which keeps those that keys signed that it trusts itself. What
 * it has already stays as it is.
 */
export async function sendStatements(
  target: GatehouseClient,
  params: { readonly name: string; readonly version: string },
  { statements, trusted }: StatementsToSend,
): Promise<SentStatements> {
  const kept: string[] = []
  const left: { title: string; why: string }[] = []
  for (const { title, hint, open } of statements) {
    const why = trusted.has(hint)
      ? await sendStatement(target, params, await open())
      : `the key ${hint} is not trusted there`
    if (why === undefined) kept.push(title)
    else left.push({ title, why })
  }
  return { kept, left }
}

/** Hints of the keys that a server trusts. */
export async function readTrustedHints(target: GatehouseClient): Promise<ReadonlySet<string>> {
  const { items } = await target.call(listTrustedKeys, {})
  return new Set(items.map(({ hint }) => hint))
}

/** @returns why the server does not keep it */
async function sendStatement(
  target: GatehouseClient,
  params: { readonly name: string; readonly version: string },
  body: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  try {
    await target.call(addAttestation, { params, body })
    return undefined
  } catch (err) {
    // Of this statement alone, such as that it is too large; what may pass ends the command, which can be run again.
    if (err instanceof ApiError && err.code === 'INVALID_PARAMETER_VALUE') return err.message
    throw err
  }
}

/** As it is printed with `--json`. */
export function statementsToWire({ kept, left }: SentStatements) {
  return { attestations: kept, attestations_left: left }
}

/** Lines for people about statements; none: there were none. */
export function statementLines({ kept, left }: SentStatements): string[] {
  const lines = kept.length > 0 ? [`attestations that came along: ${kept.join(', ')}`] : []
  for (const [why, of] of Map.groupBy(left, (one) => one.why)) {
    lines.push(`not kept there: ${of.map(({ title }) => title).join(', ')}: ${why}`)
  }
  if (left.some(({ why }) => why.endsWith('is not trusted there'))) {
    lines.push(
      'who may change policies there trusts a key with `gatehouse trusted-keys set`; then run this command again',
    )
  }
  return lines
}
