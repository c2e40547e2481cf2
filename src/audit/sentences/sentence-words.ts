import { cutText } from '../../core/error.ts'

/** What an entry keeps, by its members. */
export type Told = Readonly<Record<string, unknown>>

/** Where a request leads: its `to`, or the change that merged it. */
export function targetOf(after: Told): string {
  const { stage, alias } = (after.to ?? after) as Told
  return stage ? shown(stage) : `alias ${shown(alias)}`
}

export function commentOf({ comment }: Told): string {
  return comment ? `: ${shown(comment)}` : ''
}

export function gatesOf({ gates }: Told): string {
  const failed = Array.isArray(gates) ? (gates as Told[]) : []
  return failed.map(({ name, detail }) => `${shown(name)} (${shown(detail)})`).join('; ')
}

export function stagesOf({ items }: Told): string {
  return listOf(Array.isArray(items) ? (items as Told[]).map(({ name }) => name) : [])
}

export function holderOf({ username, role }: Told): string {
  return username ? shown(username) : `the role ${shown(role)}`
}

export function grantOf({ principal, action, models, stage, alias }: Told): string {
  const place = stage ? ` to stage ${shown(stage)}` : alias ? ` to alias ${shown(alias)}` : ''
  return `${shown(principal)} ${shown(action)} ${shown(models)}${place}`
}

export function namesOf(fields: Told): string {
  return listOf(Object.keys(fields).map((name) => `the ${name.replaceAll('_', ' ')}`))
}

export function listOf(items: unknown): string {
  return Array.isArray(items) && items.length > 0 ? items.map(shown).join(', ') : 'nothing'
}

/** Of long texts the audit log has the beginning. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value !== 'object') return cutText(String(value), 200)
  const { begins } = value as Told
  if (typeof begins === 'string') return `${cutText(begins, 200)}...`
  return cutText(JSON.stringify(value), 200)
}

/** The name of something, and the experiment that it lies in. */
export function inExperiment({ name, experiment }: Readonly<Record<string, unknown>>): string {
  return `${shown(name)} in experiment ${shown(experiment)}`
}
