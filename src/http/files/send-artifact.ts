import type { ArtifactFile } from '../../artifacts/files.ts'
import { baseNameOf } from '../../artifacts/path.ts'
import { getLocated, type Located } from '../../registry/files/artifact-place.ts'
import { openAudited } from '../../registry/files/damaged-files.ts'
import type { AppContext } from '../app-env.ts'
import { sendFile } from './download.ts'

/** Answer a GET or HEAD of a file. @throws as `getLocated` */
export async function sendLocated(c: AppContext, located: Located): Promise<Response> {
  return sendArtifact(c, await getLocated(c.var.ctx, located))
}

/** Answer a GET or HEAD of a file that was looked up. */
export function sendArtifact(c: AppContext, file: ArtifactFile): Promise<Response> {
  const { ctx } = c.var
  return sendFile(c, {
    ...file,
    fileName: baseNameOf(file.path),
    open: (range) => openAudited(ctx, file, range),
  })
}
