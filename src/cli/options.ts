import { type Command, Option } from 'commander'
import {
  type Setting,
  type SettingName,
  settingTable,
  variableOf,
} from '../platform/setting-table.ts'

/** Values as given, by setting name; what nobody gave and has no default is absent. */
export type Given = (name: SettingName) => string | undefined

type Environment = Readonly<Record<string, string | undefined>>

const table: readonly Setting[] = settingTable

/** Give `command` the flags of the settings it reads, MLflow's spellings included. */
export function addSettings(command: Command, of: readonly Setting['of'][]): Command {
  for (const setting of table) {
    if (setting.secret || !of.includes(setting.of)) continue
    const value = setting.value ? ` <${setting.value}>` : ''
    command.addOption(new Option(`--${setting.name}${value}`, described(setting)))
    const flag = setting.mlflow?.flag
    if (flag && flag !== setting.name) {
      command.addOption(new Option(`--${flag}${value}`).hideHelp())
    }
  }
  return command
}

/** A flag wins over our variable, that over MLflow's, that over the default. */
export function givenSettings(command: Command, env: Environment): Given {
  const flags = command.opts<Record<string, string | boolean | undefined>>()
  const flag = (name: string | undefined) => {
    const value = name === undefined ? undefined : flags[camelCase(name)]
    return value === undefined ? undefined : String(value)
  }
  return (name) => {
    const setting = table.find((entry) => entry.name === name)
    return (
      flag(name) ??
      flag(setting?.mlflow?.flag) ??
      (env[variableOf(name)] || undefined) ??
      (setting?.mlflow ? env[setting.mlflow.env] || undefined : undefined) ??
      setting?.default
    )
  }
}

function described(setting: Setting): string {
  const variables = [variableOf(setting.name), setting.mlflow?.env].filter(Boolean).join(' or ')
  const fallback = setting.default === undefined ? '' : `; default: ${setting.default}`
  return `${setting.meaning} (env: ${variables}${fallback})`
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}
