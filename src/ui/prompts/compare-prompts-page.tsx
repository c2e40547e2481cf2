import type { FC } from 'hono/jsx'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { TextDiffView } from '../models/file-diff/text-diff-view.tsx'
import { visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import type { PromptDifferences, WordPart } from './compare-texts.ts'
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
            {differences.words.map((part, i) => (
              <Words
                part={part}
                isEdge={i === 0 ? 'first' : i === differences.words.length - 1 ? 'last' : undefined}
              />
            ))}
          </div>
        </section>
      )}
    </Page>
  )
}

/** Characters of what stayed that are shown on each side of a change. */
const aroundMax = 600

const Words: FC<{ readonly part: WordPart; readonly isEdge: 'first' | 'last' | undefined }> = ({
  part: { text, change },
  isEdge,
}) => {
  if (change === 'added') return <ins>{shown(text)}</ins>
  if (change === 'removed') return <del>{shown(text)}</del>
  const most = isEdge === undefined ? 2 * aroundMax : aroundMax
  if (text.length <= most) return <>{shown(text)}</>
  const left = isEdge === 'first' ? '' : text.slice(0, aroundMax)
  const right = isEdge === 'last' ? '' : text.slice(-aroundMax)
  return (
    <>
      {shown(left)}
      <span class="soft"> ⋯ {text.length - left.length - right.length} equal characters ⋯ </span>
      {shown(right)}
    </>
  )
}

function shown(text: string): string {
  return visibleText(text, /^[\n\r\t]$/)
}
