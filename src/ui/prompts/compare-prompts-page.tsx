import type { FC } from 'hono/jsx'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { TextDiffView } from '../models/file-diff/text-diff-view.tsx'
import { ChangedWords } from '../parts/differences/changed-words.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import type { PromptDifferences } from './compare-texts.ts'
import { promptCrumbs, VersionByline } from './prompt-parts.tsx'

type ComparePromptsProps = {
  readonly frame: Frame
  readonly name: string
  readonly versions: readonly [ModelVersion, ModelVersion]
  readonly differences: PromptDifferences
}

/** What changed in a prompt from one version to a later one. */
export const ComparePromptsPage: FC<ComparePromptsProps> = ({
  frame,
  name,
  versions,
  differences,
}) => {
  const { to } = frame
  const [before, after] = versions
  return (
    <Page
      frame={frame}
      title={`Versions ${before.version} and ${after.version} of ${name}`}
      heading={`What version ${after.version} changed since ${before.version}`}
      section="models"
      crumbs={[...promptCrumbs(to, name), { text: `Compare ${before.version}, ${after.version}` }]}
      about={
        <ul class="plain">
          {versions.map((version) => (
            <li>
              <a href={to.promptVersion(name, version.version)}>Version {version.version}</a>{' '}
              <VersionByline of={version} />
            </li>
          ))}
        </ul>
      }
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/model-versions/get', {
          name,
          version: String(after.version),
        }),
      }}
    >
      {'lines' in differences ? (
        <TextDiffView diff={differences.lines} versions={[before.version, after.version]} />
      ) : differences.words.length === 0 ? (
        <p class="notice">Both versions say the same.</p>
      ) : (
        <section class="panel near" aria-label="Words that differ">
          <p class="soft">
            <del>Struck</del> went, <ins>underlined</ins> came.
          </p>
          <div class="template" dir="auto">
            <ChangedWords parts={differences.words} aroundMax={aroundMax} />
          </div>
        </section>
      )}
    </Page>
  )
}

/** Characters of what stayed that are shown on each side of a change. */
const aroundMax = 600
