import { type ActionGroup, actionGroupNames } from '../../audit/action-groups.ts'
import { type Action, actions } from '../../audit/actions.ts'
import { excerpt, invalid } from '../../core/error.ts'
import type { AuditQuery } from '../../governance/history/audit-page.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { timeOf } from '../../search/times/moment.ts'
import { isoTextOf, timeIn } from '../parts/time-field.tsx'
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

/** What the terms ask for, so long ago being counted from `nowMs`. @throws INVALID_PARAMETER_VALUE the message names the field */
export function auditQueryOf(terms: AuditTerms, nowMs: number): AuditQuery {
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
    sinceMs: since === undefined ? undefined : timeIn(since, nowMs).atMs,
    untilMs: until === undefined ? undefined : timeIn(until, nowMs).atMs,
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

/** The page of one entry. */
export function entryPath(to: Paths, seq: number): string {
  return `${to.audit}/${seq}`
}

/** What answers with the entries as JSON Lines or, with `format: 'csv'`, as CSV. */
export function exportPath(
  to: Paths,
  terms: AuditTerms & { readonly format?: 'csv' } = {},
): string {
  return to.query(`${to.prefix}/api/v1/audit/export`, terms)
}

/**
 * The terms with their times as moments: they mean the same later, and to the API. What is no time stays.
 */
export function exactTerms(terms: AuditTerms, nowMs: number): AuditTerms {
  const exact = Object.entries(terms).map(([term, text]) => {
    const time = term === 'since' || term === 'until' ? timeOf(text, nowMs) : undefined
    return [term, time ? isoTextOf(time.atMs) : text]
  })
  return Object.fromEntries(exact)
}
