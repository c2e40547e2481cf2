import type { FC } from 'hono/jsx'
import type { RegisteredModel } from '../../registry/models/read-models.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { AliasForms } from '../changes/alias-forms.tsx'
import type { Reshown } from '../changes/change.ts'
import { Changes } from '../changes/change-forms.tsx'
import { Made } from '../parts/byline.tsx'
import { AliasChips, Tags } from '../parts/chips.tsx'
import { Problem } from '../parts/fields.tsx'
import { NextLink, NoValue, Table } from '../parts/table.tsx'
import { Excerpt, Given, visibleText, Written } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { promptListCrumbs } from './prompt-parts.tsx'
import { experimentsOf, ownPromptTags, promptTextsOf } from './prompt-texts.ts'
import { TemplateView } from './template-view.tsx'

type PromptPageProps = Reshown & {
  readonly frame: Frame
  readonly prompt: RegisteredModel
  /** Newest first. */
  readonly versions: readonly ModelVersion[]
  /** Where older ones begin. */
  readonly next: number | undefined
  /** The page is not the first one. */
  readonly isLater: boolean
  /** Why the caller may not move its aliases. */
  readonly whyNotAlias: string | undefined
}

/** A prompt: what it says now, where its aliases point, and its versions. */
export const PromptPage: FC<PromptPageProps> = (props) => {
  const { frame, prompt, versions, isLater } = props
  const { to } = frame
  const { name } = prompt
  const [newest] = versions
  return (
    <Page
      frame={frame}
      title={name}
      heading={<Given text={name} />}
      section="models"
      inMlflow={`/prompts/${encodeURIComponent(name)}`}
      live={{ model: name }}
      crumbs={[...promptListCrumbs(to), { text: name }]}
      about={<About prompt={prompt} to={to} />}
      actions={
        <a class="button quiet" href={to.changeModel(name)} data-key="e">
          Change…
        </a>
      }
      api={{
        method: 'GET',
        path: to.query('/api/2.0/mlflow/registered-models/get', { name }),
      }}
    >
      <Problem of={props.problem} />
      {newest === undefined ? (
        <p class="empty">
          {isLater ? 'No more versions.' : 'No version yet.'}{' '}
          {isLater ? <a href={to.prompt(name)}>Show the newest</a> : null}
        </p>
      ) : isLater ? null : (
        <section class="near" aria-labelledby="newest" data-part="newest">
          <h2 id="newest">
            Version <a href={to.promptVersion(name, newest.version)}>{newest.version}</a>, the
            newest
          </h2>
          <TemplateView of={promptTextsOf(newest.tags)} />
        </section>
      )}
      <Changes
        id="aliases"
        title="Aliases"
        whyNot={undefined}
        intro={
          <p class="soft">
            What loads <code>prompts:/{visibleText(name)}@alias</code> gets the version that the
            alias points at; clients keep it for some time.
          </p>
        }
      >
        {props.whyNotAlias === undefined ? (
          <AliasForms
            model={prompt}
            action={`${to.prompt(name)}/aliases`}
            versionAt={(version) => to.promptVersion(name, version)}
            problem={props.problem}
            typed={props.typed}
          />
        ) : (
          <>
            <AliasList prompt={prompt} to={to} />
            <p class="soft">{visibleText(props.whyNotAlias)}</p>
          </>
        )}
      </Changes>
      {versions.length === 0 ? null : <Versions {...props} />}
      <p class="soft">
        A prompt is kept as a registered model:{' '}
        <a href={to.model(name)}>its stages, requests and audit entries</a>,{' '}
        <a href={to.modelAccess(name)}>who may read and change it</a>.
      </p>
    </Page>
  )
}

const About: FC<{ readonly prompt: RegisteredModel; readonly to: Paths }> = ({ prompt, to }) => {
  const { description, tags, createdAtMs, userId } = prompt
  const experiments = experimentsOf(tags)
  return (
    <>
      {description ? (
        <div class="soft">
          <Written text={description} />
        </div>
      ) : null}
      <p class="soft">
        Made <Made atMs={createdAtMs} by={userId} />
        {experiments.length === 0 ? null : (
          <>
            {' '}
            for experiment{experiments.length === 1 ? '' : 's'}{' '}
            {experiments.slice(0, shownMax).map((id, i) => (
              <>
                {i > 0 ? ', ' : ''}
                <a href={to.experiment(id)}>{id}</a>
              </>
            ))}
            {experiments.length > shownMax ? ` and ${experiments.length - shownMax} more` : ''}
          </>
        )}
      </p>
      <Tags of={ownPromptTags(tags)} />
    </>
  )
}

const shownMax = 5

const AliasList: FC<{ readonly prompt: RegisteredModel; readonly to: Paths }> = ({
  prompt: { name, aliases },
  to,
}) =>
  aliases.length === 0 ? (
    <p class="soft">No aliases yet.</p>
  ) : (
    <ul class="plain">
      {aliases.map(({ alias, version }) => (
        <li>
          <Given text={`@${alias}`} /> points at{' '}
          <a href={to.promptVersion(name, version)}>version {version}</a>
        </li>
      ))}
    </ul>
  )

const Versions: FC<PromptPageProps> = ({ frame: { to }, prompt: { name }, versions, next }) => (
  <section class="near" aria-labelledby="versions" data-part="versions">
    <h2 id="versions">Versions</h2>
    <form class="near" method="get" action={`${to.prompt(name)}/compare`}>
      <Table
        caption={`Versions of ${visibleText(name)}, newest first`}
        columns={['Version', 'It begins with', 'What changed', 'Aliases', 'Registered']}
      >
        {versions.map((version) => (
          <Row version={version} to={to} />
        ))}
      </Table>
      {versions.length > 1 ? (
        <p>
          <button type="submit">Compare the two selected</button>
        </p>
      ) : null}
    </form>
    <NextLink after={next} hrefOf={(after) => to.query(to.prompt(name), { after })}>
      Older versions
    </NextLink>
  </section>
)

const Row: FC<{ readonly version: ModelVersion; readonly to: Paths }> = ({
  version: { name, version, tags, aliases, description, createdAtMs, userId },
  to,
}) => {
  const [first] = promptTextsOf(tags).messages
  return (
    <tr>
      <th scope="row">
        <span class="row">
          <input
            type="checkbox"
            name="v"
            value={String(version)}
            aria-label={`Select version ${version}`}
          />
          <a href={to.promptVersion(name, version)}>Version {version}</a>
        </span>
      </th>
      <td>{first?.text ? <Excerpt text={first.text} charsMax={60} /> : <NoValue />}</td>
      <td>{description ? <Excerpt text={description} charsMax={60} /> : <NoValue />}</td>
      <td>
        {aliases.length === 0 ? (
          <NoValue />
        ) : (
          <span class="row">
            <AliasChips aliases={aliases} />
          </span>
        )}
      </td>
      <td>
        <Made atMs={createdAtMs} by={userId} />
      </td>
    </tr>
  )
}
