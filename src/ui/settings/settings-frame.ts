import { mayAll } from '../../access/permissions/permitted.ts'
import { requireRight } from '../../access/permissions/require.ts'
import { isGovernor } from '../../access/permissions/workspace-rights.ts'
import type { AppContext } from '../../http/app-env.ts'
import { findRefusal } from '../forms.ts'
import { frameOf } from '../shell/frame.ts'
import type { SettingsFrame, SettingsSection } from './settings-page.tsx'

/** The frame of a page of the settings, with the parts that the caller may see. */
export async function settingsFrameOf(c: AppContext): Promise<SettingsFrame> {
  const { ctx } = c.var
  const [frame, noWebhooks, governs] = await Promise.all([
    frameOf(c),
    findRefusal(requireRight(ctx, 'manage_webhooks')),
    isGovernor(ctx),
  ])
  const seen: readonly (readonly [SettingsSection, boolean])[] = [
    ['policies', true],
    ['webhooks', noWebhooks === undefined],
    ['users', true],
    ['groups', true],
    ['service-accounts', true],
    ['tokens', ctx.principal.isAdmin],
    ['grants', governs],
    ['identities', mayAll(ctx)],
    ['stages', true],
    ['keys', true],
    ['traces', true],
    ['retention', mayAll(ctx)],
    ['storage', mayAll(ctx)],
  ]
  const sections = seen.flatMap(([section, isSeen]) => (isSeen ? [section] : []))
  return { ...frame, sections: new Set(sections) }
}
