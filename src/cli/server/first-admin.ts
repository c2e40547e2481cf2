import { randomPassword } from '../../access/accounts/password-hash.ts'
import { createFirstAdmin } from '../../access/sign-in/first-admin.ts'
import { RegistryError } from '../../core/error.ts'
import { operator } from '../../core/principal.ts'
import type { Platform } from '../../platform/context.ts'
import { StartError } from '../../platform/start-error.ts'

/**
 * Make the first administrator where there is none. Where no password is set, a random one is
 * made and printed, this once.
 *
 * @throws StartError the name or password that the operator set cannot be used
 */
export async function makeFirstAdmin(platform: Platform): Promise<void> {
  const { name, password: given } = platform.settings.firstAdmin
  const password = given ?? randomPassword()
  const ctx = {
    ...platform,
    principal: operator,
    workspace: 'default',
    requestId: platform.randomId(),
  }
  try {
    if (!(await createFirstAdmin(ctx, name, password))) return
  } catch (err) {
    if (!(err instanceof RegistryError)) throw err
    throw new StartError(
      `cannot make the administrator '${name}' of GATEHOUSE_ADMIN_USER and GATEHOUSE_ADMIN_PASSWORD: ${err.message}`,
      { cause: err },
    )
  }
  console.log(
    given === undefined
      ? `gatehouse: made the administrator '${name}' with the password ${password} - it is not shown again`
      : `gatehouse: made the administrator '${name}'`,
  )
}
