import {
  createComment,
  deleteComment,
  updateComment,
  type VersionComment,
} from '../../governance/comments.ts'
import { mayChangeComment, requireOwnComment } from '../../governance/permissions.ts'
import type { Context } from '../../platform/context.ts'
import { type Operation, operation } from '../operation.ts'
import { onVersion } from '../rules.ts'
import { message } from '../wire/message.ts'
import { one, required } from './messages.ts'

const ofAuthor = (ctx: Context, req: { readonly id: string }) => requireOwnComment(ctx, req.id)

/** Comments on versions. Whoever may read a version may write them, and change their own. */
export const commentOperations: readonly Operation[] = [
  operation('createComment', {
    request: message({ ...one, comment: required }),
    rule: onVersion('READ'),
    answer: async (ctx, req) => ({
      comment: commentToWire(
        ctx,
        await createComment(ctx, req.name, { version: req.version, text: req.comment }),
      ),
    }),
  }),

  operation('updateComment', {
    request: message({ id: required, comment: required }),
    rule: ofAuthor,
    answer: async (ctx, req) => ({
      comment: commentToWire(ctx, await updateComment(ctx, req.id, req.comment)),
    }),
  }),

  operation('deleteComment', {
    request: message({ id: required }),
    rule: ofAuthor,
    answer: (ctx, req) => deleteComment(ctx, req.id),
  }),
]

/** Databricks' `CommentObject`. */
function commentToWire(ctx: Context, comment: VersionComment): object {
  return {
    id: String(comment.id),
    user_id: comment.author,
    comment: comment.text,
    creation_timestamp: comment.createdAtMs,
    last_updated_timestamp: comment.updatedAtMs,
    available_actions: mayChangeComment(ctx, comment) ? ['EDIT_COMMENT', 'DELETE_COMMENT'] : [],
  }
}
