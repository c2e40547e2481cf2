import type { FC } from 'hono/jsx'
import { Given } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import type { TextDiff } from './text-diff.ts'
import { TextDiffView } from './text-diff-view.tsx'

type FileDiffProps = {
  readonly frame: Frame
  readonly name: string
  readonly versions: readonly [number, number]
  readonly path: string
  readonly diff: TextDiff
}

/** What of a text file differs between two versions. */
export const FileDiffPage: FC<FileDiffProps> = ({ frame, name, versions, path, diff }) => {
  const { to } = frame
  const [before, after] = versions
  return (
    <Page
      frame={frame}
      title={`${path} of ${name}: ${before} and ${after}`}
      heading={<Given text={path} />}
      section="models"
      crumbs={[
        ...modelCrumbs(to, name),
        { text: `Compare ${before}, ${after}`, href: to.compare(name, versions) },
        { text: path },
      ]}
      about={
        <p class="row">
          {versions.map((version) => (
            <a href={to.query(`${to.version(name, version)}/files`, { path })}>
              In version {version}
            </a>
          ))}
        </p>
      }
      api={{
        method: 'GET',
        path: to.query('/model-versions/get-artifact', { name, version: String(after), path }),
      }}
    >
      <TextDiffView {...{ diff, versions }} />
    </Page>
  )
}
