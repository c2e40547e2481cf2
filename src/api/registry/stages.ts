import { requireAdmin } from '../../access/permissions/require.ts'
import { setStages } from '../../governance/upkeep/guarding.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Stage } from '../../registry/stages/check-stages.ts'
import * as registry from '../../registry/stages/stage-list.ts'
import * as endpoints from '../endpoints/stages.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** The list of stages. */
export const stageRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.listStages, anyone, async (ctx) => stagesToWire(await registry.listStages(ctx))),

  serve(endpoints.replaceStages, requireAdmin, async (ctx, { body }) =>
    stagesToWire(
      await setStages(
        ctx,
        body.items.map(({ name, exclusive, from }) => ({
          name,
          isExclusive: exclusive,
          from: from ?? undefined,
        })),
      ),
    ),
  ),
]

function stagesToWire(stages: readonly Stage[]) {
  return {
    items: stages.map(({ name, isExclusive, from }) => ({
      name,
      exclusive: isExclusive,
      ...(from && { from: [...from] }),
    })),
  }
}
