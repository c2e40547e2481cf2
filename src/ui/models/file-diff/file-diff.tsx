import { cleanPath } from '../../../artifacts/path.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { requiredQuery } from '../../../http/guards/target.ts'
import { parseVersion } from '../../../registry/check-names.ts'
import { modelNameOf } from '../../addressed.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { FileDiffPage } from './file-diff-page.tsx'
import { readFileDiff } from './read-file-diff.ts'

/** `GET /models/{name}/compare/file?v=2,3&path=`: a text of two versions, line by line. */
export async function showFileDiff(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const name = modelNameOf(c)
  const path = cleanPath(requiredQuery(c, 'path'))
  const [before, after, ...more] = requiredQuery(c, 'v').split(',').map(parseVersion)
  if (before === undefined || after === undefined || more.length > 0) {
    throw invalid('A file is compared between two versions, such as v=2,3')
  }
  const versions = [before, after] as const
  const [frame, diff] = await Promise.all([frameOf(c), readFileDiff(ctx, name, { path, versions })])
  return sendPage(c, { frame, page: <FileDiffPage {...{ frame, name, versions, path, diff }} /> })
}
