import { served } from '../../src/mlflow/routes.ts'
import { operations, pageOperation } from '../../src/mlflow/surface.ts'
import { type Setting, variableOf } from '../../src/platform/settings/setting.ts'
import { settingTable } from '../../src/platform/settings/setting-table.ts'

/** A row for each operation of MLflow's surface: what becomes of a call to it. */
export function endpointTable(): string {
  const names = new Set(served.map(({ name }) => name))
  const rows = operations.map(({ name, group, tier, routes }) => {
    const paths = routes.map(({ method, path }) => `\`${method} ${path}\``)
    return `| ${group} | ${name} | ${paths.join('<br>')} | ${status(names.has(name) || name === pageOperation, tier)} |`
  })
  return table('| group | operation | endpoints | here |', rows)
}

/** How many operations are served, for the top of the page. */
export function endpointSums(): string {
  const names = new Set([...served.map(({ name }) => name), pageOperation])
  const count = operations.filter(({ name }) => names.has(name)).length
  return `${count} of ${operations.length} operations are served; the others answer 501 \`NOT_IMPLEMENTED\`.`
}

function status(isServed: boolean, tier: number): string {
  if (isServed) return 'served'
  return tier === 1 ? '501, to come' : '501'
}

/** A row for each setting: its flag, its variables, its default, its meaning. */
export function settingsTable(): string {
  const settings: readonly Setting[] = settingTable
  const rows = settings.map((setting) => {
    const value = setting.value === undefined ? '' : ` <${setting.value}>`
    const flags = setting.secret ? [] : [`--${setting.name}${value}`]
    if (setting.alsoFlag) flags.push(`--${setting.alsoFlag.name} <${setting.alsoFlag.value}>`)
    const variables = [variableOf(setting.name), ...(setting.also ?? [])]
    const cells = [flags.map(code), variables.map(code), [code(setting.default ?? '')]]
    const columns = cells.map((cell) => cell.filter((text) => text !== '``').join('<br>'))
    return `| ${columns.join(' | ')} | ${setting.worker ? 'yes' : ''} | ${setting.meaning.replaceAll('|', '\\|')} |`
  })
  return table('| flag | variables, first wins | default | on Workers | meaning |', rows)
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: string, rows: readonly string[]): string {
  return [head, head.replace(/[^|]+/g, '---'), ...rows].join('\n')
}

/** `text` with what stands between the markers `<!-- name -->` and `<!-- /name -->` replaced. */
export function filledIn(text: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((filled, [name, block]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const from = filled.indexOf(start)
    const to = filled.indexOf(end)
    if (from < 0 || to < from) throw new Error(`no place for '${name}'`)
    return `${filled.slice(0, from + start.length)}\n${block}\n${filled.slice(to)}`
  }, text)
}
