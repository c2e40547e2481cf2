import type { Handler } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import type { KeyValue } from '../../tracking/run.ts'
import { noteKey } from '../parts/own-tags.ts'
import type { Paths } from '../paths.ts'
import { checkGiven, type MakeChange, readNothing } from './change.ts'
import { makeTagPosts, type TagPosts } from './tag-changes.ts'

/** How experiments, or runs, are changed, and who may. */
export type TrackedVerbs<T> = {
  /** The names of the endpoints that do the same. */
  readonly operations: Readonly<
    Record<'rename' | 'setTag' | 'deleteTag' | 'delete' | 'restore', string>
  >
  readonly mayEdit: (ctx: Context, at: T) => Promise<void>
  readonly mayManage: (ctx: Context, at: T) => Promise<void>
  readonly rename: (ctx: Context, at: T, name: string) => Promise<unknown>
  readonly setTag: (ctx: Context, at: T, tag: KeyValue) => Promise<unknown>
  readonly deleteTag: (ctx: Context, at: T, key: string) => Promise<unknown>
  readonly delete: (ctx: Context, at: T) => Promise<unknown>
  readonly restore: (ctx: Context, at: T) => Promise<unknown>
  /** Where to go after it was deleted, and after it was restored. */
  readonly afterDeletion: (to: Paths, at: T) => string
  readonly afterRestoring: (to: Paths, at: T) => string
}

/** What the forms of an experiment, or of a run, post to. */
export type TrackedPosts = TagPosts &
  Readonly<
    Record<'postName' | 'postDescription' | 'postDeletion' | 'postRestoring', Handler<AppEnv>>
  >

/** The handlers of the forms that experiments and runs have alike. */
export function makeTrackedPosts<T>(change: MakeChange<T>, verbs: TrackedVerbs<T>): TrackedPosts {
  const { operations, mayEdit, mayManage } = verbs
  return {
    postName: change({
      operation: operations.rename,
      read: (form) => ({ name: form.text('name') }),
      rule: mayEdit,
      field: 'name',
      make: (ctx, asked) => verbs.rename(ctx, asked, checkGiven(asked.name, 'The name')),
    }),
    postDescription: change({
      operation: operations.setTag,
      read: (form) => ({ description: form.text('description') ?? '' }),
      rule: mayEdit,
      field: 'description',
      make: (ctx, asked) => verbs.setTag(ctx, asked, { key: noteKey, value: asked.description }),
    }),
    ...makeTagPosts(change, {
      set: {
        operation: operations.setTag,
        rule: mayEdit,
        make: (ctx, asked) => verbs.setTag(ctx, asked, asked),
      },
      remove: {
        operation: operations.deleteTag,
        rule: mayEdit,
        make: (ctx, asked) => verbs.deleteTag(ctx, asked, asked.key),
      },
    }),
    postDeletion: change({
      operation: operations.delete,
      read: readNothing,
      rule: mayManage,
      make: verbs.delete,
      next: verbs.afterDeletion,
    }),
    postRestoring: change({
      operation: operations.restore,
      read: readNothing,
      rule: mayManage,
      make: verbs.restore,
      next: verbs.afterRestoring,
    }),
  }
}
