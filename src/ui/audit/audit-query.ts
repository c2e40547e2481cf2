import { type ActionGroup, actionGroupNames } from '../../audit/action-groups.ts'
import { type Action, actions } from '../../audit/actions.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { AuditQuery } from '../../governance/history/audit-page.ts'
import { momentForm, momentOf } from '../../governance/history/moment.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { numberIn, type Paths } from '../paths.ts'

/** The fields of the filter, as the address has them. */
export type AuditTerms = Readonly<Partial<Record<(typeof auditTerms)[number], string>>>

const auditTerms = [
  ...(['model', 'version', 'actor', 'action', 'group'] as const),
  ...(['stage', 'break_glass', 'since', 'until'] as const),
] as const

/** @throws INVALID_PARAMETER_VALUE a term is there several times */
export function auditTermsOf(c: AppContext): AuditTerms {
  return Object.fromEntries(
    auditTerms.flatMap((term) => {
      const text = optionalQuery(c, term)?.trim()
      return text ? [[term, text]] : []
    }),
  )
}

/** What the terms ask for. @throws INVALID_PARAMETER_VALUE the message names the field */
export function auditQueryOf(terms: AuditTerms): AuditQuery {
  const { version, action, group, since, until, break_glass, ...names } = terms
  if (break_glass !== undefined && break_glass !== 'true')
    throw invalid("'break_glass' is true, or left out")
  if (version !== undefined && names.model === undefined) {
    throw invalid('A version is one of a model: name the model too')
  }
  return {
    ...names,
    version: version === undefined ? undefined : versionIn(version),
    action: action === undefined ? undefined : actionIn(action),
    group: group === undefined ? undefined : groupIn(group),
    isBreakGlass: break_glass === undefined ? undefined : true,
    sinceMs: since === undefined ? undefined : momentIn(since),
    untilMs: until === undefined ? undefined : momentIn(until),
  }
}

function versionIn(text: string): number {
  const version = numberIn(text)
  if (version === undefined) throw invalid(`'${excerpt(text)}' is no version: it has a number`)
  return version
}

function actionIn(text: string): Action {
  const action = actions.find((one) => one === text)
  if (action === undefined) throw invalid(`The audit log has no action '${excerpt(text)}'`)
  return action
}

function groupIn(text: string): ActionGroup {
  const group = actionGroupNames.find((one) => one === text)
  if (group === undefined) throw invalid(`The audit log has no group of actions '${excerpt(text)}'`)
  return group
}

/**
 * A moment that a page was given; what a browser's field for times sends is in UTC.
 *
 * @throws INVALID_PARAMETER_VALUE
 */
export function momentIn(text: string): number {
  const atMs = momentOf(/^[\d-]{10}T[\d:.]+$/.test(text) ? `${text}Z` : text)
  if (atMs === undefined) throw invalid(`'${excerpt(text)}' is no time: use ${momentForm}`)
  return atMs
}

/** A moment as a browser's field for times has it, in UTC; such a field shows nothing of what is none. */
export function fieldTextOf(text: string | undefined): string {
  if (text === undefined) return ''
  const atMs = momentOf(/^[\d-]{10}T[\d:.]+$/.test(text) ? `${text}Z` : text)
  if (atMs === undefined) return ''
  return new Date(atMs).toISOString().replace(/(:00)?\.000Z$|Z$/, '')
}

/** The page of one entry. */
export function entryPath(to: Paths, seq: number): string {
  return `${to.audit}/${seq}`
}

/** The same query of the API. */
export function auditCall(to: Paths, path: string, terms: AuditTerms & { format?: string }) {
  return to.query(path, {
    ...terms,
    since: apiMomentOf(terms.since),
    until: apiMomentOf(terms.until),
  })
}

function apiMomentOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[\d-]{10}T[\d:.]+$/.test(text) ? `${text}Z` : text
}
