import type { Level } from '../../access/permissions/levels.ts'
import { getModelLevel } from '../../access/permissions/require.ts'
import { moveToStage } from '../../governance/moves/move-to-stage.ts'
import { getModel } from '../../registry/models/registered-models.ts'
import { requireTransition } from '../../registry/permissions.ts'
import { type Operation, operation, reading } from '../operation.ts'
import { modelVersionToWire, readMove, registeredModelToWire } from '../registry-wire.ts'
import { onModel } from '../rules.ts'
import { unlessEmpty } from '../wire/json.ts'
import { message } from '../wire/message.ts'
import { archiving, required, toStage } from './messages.ts'
import { checkedComment, requestsToWire } from './requests.ts'

/** Databricks' names for MLflow's permissions. A caller without any of these is refused. */
const permissionLevels: Readonly<Partial<Record<Level, string>>> = {
  READ: 'CAN_READ',
  USE: 'CAN_READ',
  EDIT: 'CAN_EDIT',
  MANAGE: 'CAN_MANAGE',
}

/** The calls for which Databricks has a form of its own. */
export const databricksModelOperations: readonly Operation[] = [
  operation('getDatabricksModel', {
    request: message({ name: required }),
    rule: onModel('READ'),
    answer: async (ctx, req) => {
      const model = await getModel(ctx, req.name)
      return {
        registered_model_databricks: {
          ...registeredModelToWire(model),
          id: String(model.id),
          permission_level: permissionLevels[await getModelLevel(ctx, req.name)],
        },
      }
    },
  }),

  operation('transitionDatabricksStage', {
    request: reading(message({ ...toStage, ...archiving }), async (ctx, req) => ({
      ...(await readMove(ctx, req)),
      comment: req.comment,
    })),
    rule: requireTransition,
    answer: async (ctx, { comment, ...move }) => {
      const version = await moveToStage(ctx, move, checkedComment(comment))
      return {
        model_version_databricks: {
          ...modelVersionToWire(version),
          permission_level: permissionLevels[await getModelLevel(ctx, move.name)],
          open_requests: unlessEmpty(await requestsToWire(ctx, move)),
        },
      }
    },
  }),
]
