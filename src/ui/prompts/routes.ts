import { Hono } from 'hono'
import type { AppEnv } from '../../http/app-env.ts'
import { anyone, guard } from '../../http/guards/guard.ts'
import { mayReadModel } from '../models/models.tsx'
import {
  followPromptAlias,
  promptAliasPosts,
  showPrompt,
  showPromptComparison,
  showPromptVersion,
} from './prompt.tsx'
import { showPrompts } from './prompts.tsx'

/** All below `/prompts`: a prompt is a registered model, and read and changed with the rights of one. */
export function promptRoutes(): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/prompts', guard(anyone), showPrompts)
    .get('/prompts/:name', guard(mayReadModel), (c) => showPrompt(c))
    .get('/prompts/:name/compare', guard(mayReadModel), showPromptComparison)
    .get('/prompts/:name/:alias{@.+}', guard(mayReadModel), followPromptAlias)
    .get('/prompts/:name/:version{[0-9]+}', guard(mayReadModel), showPromptVersion)
    .post('/prompts/:name/aliases', promptAliasPosts.postAlias)
    .post('/prompts/:name/aliases/remove', promptAliasPosts.postAliasRemoval)
}
