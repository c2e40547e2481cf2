import { type SQL, sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { isLoggedModel } from './read-logged-models.ts'

/**
 * One statement for the batch that creates a model version: adds `{name, version}` to the logged
 * model's tag `mlflow.modelVersions`, which lists where the model is registered. Does nothing when
 * there is no such model.
 *
 * @param version SQL for the version's number, as it stands at that point of the batch
 */
export function recordRegistration(ctx: Context, modelId: string, name: string, version: SQL): SQL {
  return sql`insert into logged_model_tags (logged_model, key, value)
    select id, 'mlflow.modelVersions',
      json_array(json_object('name', ${name}, 'version', cast(${version} as integer)))
    from logged_models where ${isLoggedModel(ctx, modelId)}
    on conflict (logged_model, key) do update set value = json_insert(
      case when json_valid(value) then case json_type(value) when 'array' then value else '[]' end
        else '[]' end,
      '$[#]', json(excluded.value -> '$[0]'))`
}
