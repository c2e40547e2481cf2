import type { Handler } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import type { Context } from '../../platform/context.ts'
import { checkGiven, type MakeChange } from './change.ts'

type Tag = { readonly key: string; readonly value: string }

/** How the tags of one kind of thing are changed. */
export type TagVerbs<T> = {
  readonly set: TagVerb<T, Tag>
  readonly remove: TagVerb<T, Pick<Tag, 'key'>>
}

type TagVerb<T, V> = {
  /** The name of the endpoint that does the same. */
  readonly operation: string
  readonly rule: (ctx: Context, asked: T & Pick<Tag, 'key'>) => Promise<void>
  readonly make: (ctx: Context, asked: T & V) => Promise<unknown>
}

/** What the forms of tags post to. */
export type TagPosts = {
  readonly postTag: Handler<AppEnv>
  readonly postTagRemoval: Handler<AppEnv>
}

/** The handlers of the forms of tags that a page has. */
export function makeTagPosts<T>(change: MakeChange<T>, { set, remove }: TagVerbs<T>): TagPosts {
  return {
    postTag: change({
      ...set,
      read: (form) => ({ key: form.text('key') ?? '', value: form.text('value') ?? '' }),
      field: 'key',
      async make(ctx, asked) {
        checkGiven(asked.key, 'The key of the tag')
        await set.make(ctx, asked)
      },
    }),
    postTagRemoval: change({
      ...remove,
      read: (form) => ({ key: form.exact('key') ?? '' }),
      async make(ctx, asked) {
        checkGiven(asked.key, 'The key of the tag')
        await remove.make(ctx, asked)
      },
    }),
  }
}
