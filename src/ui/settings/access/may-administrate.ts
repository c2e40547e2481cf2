import { requireAccessAdmin } from '../../../access/accounts/require-admin.ts'
import type { Context } from '../../../platform/context.ts'

/** Who may change accounts and who is in which group. @throws PERMISSION_DENIED */
export async function mayAdministrate(ctx: Context): Promise<void> {
  requireAccessAdmin(ctx)
}
