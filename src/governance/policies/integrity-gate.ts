import { failed, passed, type Verdict } from './verdict.ts'

export type FilesRead = {
  readonly ok: boolean
  readonly detail: string
  /** They are being read in the background, and nobody knows yet. */
  readonly pending?: true
}

/** Judge a gate by what reading the files of a version again told. */
export function judgeIntegrity(files: FilesRead | undefined): Verdict {
  if (!files) return failed('the version is not sealed: its files are not kept here')
  if (files.pending) return { status: 'pending', detail: files.detail }
  return files.ok ? passed(files.detail) : failed(files.detail)
}
