import type { FC } from 'hono/jsx'
import type { AccessToken, MadeToken as MadeAccessToken } from '../../access/accounts/tokens.ts'
import type { FormProblem } from '../forms.ts'
import { Time } from '../parts/byline.tsx'
import { LineField } from '../parts/fields.tsx'
import { Table } from '../parts/table.tsx'
import { Given, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'

type NewTokenFormProps = {
  readonly action: string
  /** Whether it may be another account's. */
  readonly isForOthers: boolean
  readonly problem?: FormProblem | undefined
  readonly typed?: ((field: string) => string | undefined) | undefined
}

const lifetimes = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
  ['', 'no end of its own'],
] as const

/** The form that makes a token. */
export const NewTokenForm: FC<NewTokenFormProps> = ({ action, isForOthers, problem, typed }) => (
  <form method="post" action={action} class="fields-row card-form">
    <LineField label="Name" name="name" isRequired {...{ problem, typed: typed?.('name') }} />
    {isForOthers ? (
      <LineField
        label="For: rita, service:trainer"
        name="for"
        isRequired
        {...{ problem, typed: typed?.('for') }}
      />
    ) : null}
    <label>
      May
      <select name="scopes">
        <option value="read write">read and write</option>
        <option value="read" selected={typed?.('scopes') === 'read'}>
          read only
        </option>
      </select>
    </label>
    <label>
      Ends after
      <select name="days">
        {lifetimes.map(([days, text]) => (
          <option value={days} selected={(typed?.('days') ?? '90') === days}>
            {text}
          </option>
        ))}
      </select>
    </label>
    <label class="choice">
      <input type="checkbox" name="aws" value="yes" checked={typed?.('aws') === 'yes'} />
      with a key pair for AWS’s SDK
    </label>
    <button type="submit">Make token</button>
  </form>
)

export type MadeTokenText = MadeAccessToken

/** The text of a token, this once, with what uses it. */
export const MadeToken: FC<MadeTokenText & { readonly frame: Frame }> = ({
  token,
  text,
  keyPair,
  frame,
}) => (
  <section class="notice good" aria-labelledby="made-token" tabindex={-1}>
    <h2 id="made-token">
      The token <Given text={token.name} /> of <Given text={token.owner} />
    </h2>
    <p>It is shown this once: copy it now.</p>
    <pre tabindex={0}>
      <code>{text}</code>
    </pre>
    <p>What the MLflow client needs of it:</p>
    <pre tabindex={0}>
      <code>{`export MLFLOW_TRACKING_URI=${frame.serverUrl}\nexport MLFLOW_TRACKING_TOKEN=${text}`}</code>
    </pre>
    {keyPair ? (
      <>
        <p>What AWS’s SDK needs of it:</p>
        <pre tabindex={0}>
          <code>
            {[
              `export AWS_ENDPOINT_URL_SAGEMAKER=${frame.serverUrl}`,
              `export AWS_ACCESS_KEY_ID=${keyPair.id}`,
              `export AWS_SECRET_ACCESS_KEY=${keyPair.secret}`,
            ].join('\n')}
          </code>
        </pre>
      </>
    ) : null}
  </section>
)

type TokenTableProps = {
  readonly tokens: readonly AccessToken[]
  /** Where a token is revoked. */
  readonly revoke: string
  readonly isOfAll: boolean
}

/** Tokens, each with a way to revoke it. */
export const TokenTable: FC<TokenTableProps> = ({ tokens, revoke, isOfAll }) => (
  <Table
    caption="Access tokens"
    columns={['Name', ...(isOfAll ? ['For'] : []), 'May', 'Made', 'Ends', 'Last used', 'Revoke']}
  >
    {tokens.map((token) => (
      <tr>
        <th scope="row">
          <Given text={token.name} />
        </th>
        {isOfAll ? (
          <td>
            <Given text={token.owner} />
          </td>
        ) : null}
        <td>{token.scopes.join(' and ')}</td>
        <td>
          <Time atMs={token.createdAtMs} />
        </td>
        <td>{token.expiresAtMs === undefined ? 'never' : <Time atMs={token.expiresAtMs} />}</td>
        <td>{token.lastUsedAtMs === undefined ? 'never' : <Time atMs={token.lastUsedAtMs} />}</td>
        <td>
          <form method="post" action={revoke}>
            <input type="hidden" name="id" value={String(token.id)} />
            <button
              type="submit"
              class="quiet danger small"
              aria-label={`Revoke ${visibleText(token.name)}: it stops working with its next request`}
            >
              Revoke
            </button>
          </form>
        </td>
      </tr>
    ))}
  </Table>
)
