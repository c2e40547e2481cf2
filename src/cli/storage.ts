import type { Command } from 'commander'
import { type OpenPlatform, openPlatform, storagePlaceOf } from '../node.ts'
import { settingTable } from '../platform/settings/setting-table.ts'
import { StartError } from '../platform/start-error.ts'
import { ioOf, note } from './io.ts'
import { givenSettings } from './options.ts'

/** `reads`, `changes` what is there, or also `makes` the data where the settings name a place for it. */
export type StorageUse = 'reads' | 'changes' | 'makes'

/**
 * Open the data that the settings name, for a command that asks no server. A command that changes
 * something says where.
 *
 * @throws StartError there is no data, and the command may not make it there
 */
export async function openStorage(command: Command, use: StorageUse): Promise<OpenPlatform> {
  const given = givenSettings(command, ioOf(command).env)
  const { shown, isThere } = storagePlaceOf(given)
  const mayMake = use === 'makes' && isNamed(given)
  if (!isThere && !mayMake) {
    throw new StartError(
      `there is no database at ${shown}; name a running server with --server, or the folder of its data with --data`,
    )
  }
  if (use !== 'reads') note(command, `${isThere ? 'working on' : 'making'} the database ${shown}`)
  return openPlatform(given)
}

/** Whether somebody chose the place; the default may be any folder that they happen to be in. */
function isNamed(given: ReturnType<typeof givenSettings>): boolean {
  const fallback = settingTable.find(({ name }) => name === 'data')
  const isDefault = fallback && 'default' in fallback && given('data') === fallback.default
  return !isDefault || given('database-url') !== undefined
}
