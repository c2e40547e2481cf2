import type { Handler } from 'hono'
import { requirePromoting } from '../../access/permissions/require.ts'
import { conflict, invalid } from '../../core/error.ts'
import { deleteGuardedAlias } from '../../governance/moves/guarded-changes.ts'
import { pointAlias } from '../../governance/moves/move-to-stage.ts'
import type { AppEnv } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import type { FormFields } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { aliasFrom, checkGiven, type MakeChange } from './change.ts'

type Named = { readonly name: string }

/** What the forms of aliases post to. */
export type AliasPosts = {
  readonly postAlias: Handler<AppEnv>
  readonly postAliasRemoval: Handler<AppEnv>
}

/** The handlers of the forms of aliases that a page of a model, or of a prompt, has. */
export function makeAliasPosts(change: MakeChange<Named>): AliasPosts {
  return {
    /** Where a policy guards the alias, a request. */
    postAlias: change({
      operation: 'setRegisteredModelAlias',
      read: (form) => ({ ...aliasIn(form), version: numberIn(form.text('version')) }),
      rule: (ctx, { name, alias }) => requirePromoting(ctx, name, { aliases: [alias] }),
      field: 'alias',
      async make(ctx, asked) {
        const { name, version } = asked
        const alias = checkGiven(asked.alias, 'The alias')
        if (version === undefined) throw invalid('A version has a number, such as 2')
        await refuseUnseen(ctx, asked)
        await pointAlias(ctx, name, { alias, version })
      },
    }),
    postAliasRemoval: change({
      operation: 'deleteRegisteredModelAlias',
      read: aliasIn,
      rule: (ctx, { name, alias }) =>
        requirePromoting(ctx, name, { aliases: [alias], otherwise: 'MANAGE' }),
      async make(ctx, asked) {
        const alias = checkGiven(asked.alias, 'The alias')
        await refuseUnseen(ctx, asked)
        await deleteGuardedAlias(ctx, asked.name, alias)
      },
    }),
  }
}

/** The alias, as people write it, and the version that the page showed it at. */
function aliasIn(form: FormFields) {
  return { alias: aliasFrom(form.text('alias')), seen: form.exact('seen_version') }
}

/** Somebody may have moved it since the page was made. @throws RESOURCE_CONFLICT */
async function refuseUnseen(
  ctx: Context,
  asked: { readonly name: string; readonly alias: string; readonly seen: string | undefined },
): Promise<void> {
  const { name, alias, seen } = asked
  if (seen === undefined) return
  const { aliases } = await getModel(ctx, name)
  const now = aliases.find((one) => one.alias === alias)?.version
  if (String(now) === seen) return
  throw conflict(
    `@${alias} points at ${now === undefined ? 'no version' : `version ${now}`} now, not at version ${seen} as it was shown; nothing was done`,
  )
}
