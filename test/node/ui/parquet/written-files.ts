import { execFile } from 'node:child_process'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'

/** pyarrow comes with the client that `npm test` installs. */
const python = new URL('../../../../.clients/mlflow-3.17.2/bin/python', import.meta.url).pathname
const writer = new URL('write_files.py', import.meta.url).pathname

/** The files of write_files.py, for the tests of one file. Where pyarrow cannot be had, they are skipped. */
export async function writtenFiles() {
  const isLacking = await access(python).then(
    () => false,
    () => true,
  )
  let folder = ''
  beforeAll(async () => {
    if (isLacking) return
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-parquet-'))
    await promisify(execFile)(python, [writer, folder])
  }, 120_000)
  afterAll(() => folder && rm(folder, { recursive: true }))
  return { isLacking, pathOf: (name: string) => join(folder, name) }
}
