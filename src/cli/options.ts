import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Setting, variableOf } from '../platform/settings/setting.ts'
import { type Given, givenBy, settingTable } from '../platform/settings/setting-table.ts'

const table: readonly Setting[] = settingTable

const storageHeading = 'Storage options:'

/** Give `command` the flags of the settings it reads, MLflow's spellings included. */
export function addSettings(
  command: Command,
  of: readonly Setting['of'][],
  heading = storageHeading,
): Command {
  for (const setting of table) {
    if (setting.secret || !of.includes(setting.of)) continue
    const option = new Option(flagOf(setting.name, setting.value), described(setting))
    if (setting.of === 'storage') option.helpGroup(heading)
    command.addOption(option)
    if (setting.alsoFlag) {
      const { name, value } = setting.alsoFlag
      command.addOption(new Option(flagOf(name, value)).hideHelp())
    }
  }
  return command
}

/** A flag wins over our variable, our variable over MLflow's, and any of them over the default. */
export function givenSettings(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): Given {
  const flags = command.opts<Record<string, string | boolean | undefined>>()
  const variables = givenBy(env)
  const flag = (name: string | undefined) => {
    const value = name === undefined ? undefined : flags[camelCase(name)]
    return value === undefined ? undefined : String(value)
  }
  return (name) => {
    const setting = table.find((entry) => entry.name === name)
    return flag(name) ?? flag(setting?.alsoFlag?.name) ?? variables(name)
  }
}

function flagOf(name: string, value: string | undefined): string {
  return value === undefined ? `--${name}` : `--${name} <${value}>`
}

function described(setting: Setting): string {
  const variables = [variableOf(setting.name), ...(setting.also ?? [])].join(', ')
  const fallback = setting.default === undefined ? '' : `; default: ${setting.default}`
  return `${setting.meaning} (env: ${variables}${fallback})`
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}

/** The value of an option that counts something. @throws InvalidArgumentError */
export function countOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number from 1')
}
