import { createToken } from '../../access/accounts/tokens.ts'
import type { Context } from '../../platform/context.ts'
import { checkGiven } from '../changes/change.ts'
import type { FormFields } from '../forms.ts'
import { numberIn } from '../paths.ts'
import type { MadeTokenText } from './token-parts.tsx'

/** Make the token that a form asks for. @param owner undefined: the caller's own */
export function makeToken(
  ctx: Context,
  form: FormFields,
  owner: string | undefined,
): Promise<MadeTokenText> {
  return createToken(ctx, {
    name: checkGiven(form.text('name'), 'The name'),
    owner,
    scopes: form.text('scopes') === 'read' ? ['read'] : ['read', 'write'],
    expiresInDays: numberIn(form.text('days')),
    hasKeyPair: form.text('aws') === 'yes',
  })
}
