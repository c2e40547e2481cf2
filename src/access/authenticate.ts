import type { Principal } from '../core/principal.ts'
import type { Context } from '../platform/context.ts'

/** What a request carries of who sends it; headers as they came. */
export type Credentials = {
  readonly authorization: string | undefined
  readonly cookie: string | undefined
}

/**
 * Who a request is from; undefined when it carries no credentials at all.
 *
 * @throws UNAUTHENTICATED what it carries is wrong, expired or revoked
 */
export async function authenticate(
  _ctx: Context,
  _credentials: Credentials,
): Promise<Principal | undefined> {
  return undefined
}
