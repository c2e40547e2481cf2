import type { FolderItem } from '../artifacts/list.ts'
import type { Int64 } from '../core/int64.ts'
import { entriesMax, type ListQuery } from '../registry/files/artifact-place.ts'
import { checkPageSize } from '../search/page.ts'
import { unlessEmpty } from './wire/json.ts'

/** Paging of the list calls; `max_results` is our addition, as MLflow always answers everything. */
export const ListFields = {
  page_token: { type: 'string' },
  max_results: { type: 'int64' },
} as const

/** @throws INVALID_PARAMETER_VALUE `max_results` is out of range */
export function listQuery(req: {
  readonly page_token?: string | undefined
  readonly max_results?: Int64 | undefined
}): ListQuery {
  return {
    count: checkPageSize(req.max_results, { most: entriesMax, absent: entriesMax }),
    token: req.page_token,
  }
}

/**
 * MLflow's FileInfo of each entry; there an empty file has no `file_size`, like a folder.
 *
 * @param folder put before each name, for the lists that answer paths and not names
 */
export function entriesToWire(entries: readonly FolderItem[], folder = '') {
  const prefix = folder === '' ? '' : `${folder}/`
  return unlessEmpty(
    entries.map(({ name, isFolder, sizeBytes }) => ({
      path: prefix + name,
      is_dir: isFolder,
      file_size: sizeBytes || undefined,
    })),
  )
}
