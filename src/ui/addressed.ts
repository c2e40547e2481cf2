import { cleanPath } from '../artifacts/path.ts'
import { invalid } from '../core/error.ts'
import type { AppContext } from '../http/app-env.ts'
import { optionalQuery } from '../http/guards/target.ts'
import { parseVersion } from '../registry/check-names.ts'
import { parseExperimentId } from '../tracking/experiments/experiment.ts'

/** The model that the address of a page names. */
export function modelNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

/** The version that the address of a page names. @throws INVALID_PARAMETER_VALUE it is no number */
export function versionOf(c: AppContext): number {
  return parseVersion(c.req.param('version') ?? '')
}

/** The run that the address names. */
export function runIdOf(c: AppContext): string {
  return c.req.param('run') ?? ''
}

/** The logged model that the address names. */
export function loggedModelIdOf(c: AppContext): string {
  return c.req.param('model') ?? ''
}

/** The experiment that the address names. @throws INVALID_PARAMETER_VALUE it is no number */
export function experimentIdOf(c: AppContext): number {
  return parseExperimentId(c.req.param('id') ?? '')
}

/** The trace that the address names. */
export function traceIdOf(c: AppContext): string {
  return c.req.param('trace') ?? ''
}

/** The folder or file that the address names; empty: the root. @throws INVALID_PARAMETER_VALUE */
export function pathIn(c: AppContext): string {
  const path = optionalQuery(c, 'path')
  return path === undefined ? '' : cleanPath(path)
}

/** A key that is there several times, as checkboxes send it. */
export function listIn(c: AppContext, name: string): string[] {
  return [...new Set((c.req.queries(name) ?? []).map((one) => one.trim()).filter(Boolean))]
}

/** How many a page passes over; undefined: it does not say. @throws INVALID_PARAMETER_VALUE it is no number */
export function countIn(c: AppContext, name: string): number | undefined {
  const text = optionalQuery(c, name)
  if (text === undefined) return undefined
  if (!/^\d{1,6}$/.test(text)) throw invalid(`'${name}' says how many are passed over`)
  return Number(text)
}
