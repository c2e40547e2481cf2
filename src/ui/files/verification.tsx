import { requireModelVersion } from '../../access/permissions/require.ts'
import type { AppContext } from '../../http/app-env.ts'
import { type VersionVerdict, verifyVersion } from '../../registry/files/verify-version.ts'
import { getVersionFiles } from '../../registry/files/version-manifest.ts'
import { modelNameOf, versionOf } from '../addressed.ts'
import { formAction } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { VerificationPage } from './verification-page.tsx'

/** `GET /models/{name}/{version}/verify`: a form by which files are read, and what that told. */
export async function showFilesVerification(
  c: AppContext,
  verdict?: VersionVerdict,
): Promise<Response> {
  const of = { name: modelNameOf(c), version: versionOf(c) }
  const [frame, { digest }] = await Promise.all([
    frameOf(c),
    getVersionFiles(c.var.ctx, of.name, of.version),
  ])
  return sendPage(c, { frame, page: <VerificationPage {...{ frame, ...of, digest, verdict }} /> })
}

/**
 * `POST /models/{name}/{version}/verify`: one part is read, and the page is the answer. A link cannot ask for
 * it, and so cannot show somebody the end of a reading that was never begun.
 */
export const postFilesVerification = formAction({
  operation: 'verifyVersion',
  rule: (ctx, c) => requireModelVersion(ctx, modelNameOf(c), 'READ'),
  about: (c) => ({ model: modelNameOf(c), version: versionOf(c) }),
  async run(ctx, c, form) {
    const of = { name: modelNameOf(c), version: versionOf(c) }
    return showFilesVerification(c, await verifyVersion(ctx, of, { token: form.exact('from') }))
  },
})
