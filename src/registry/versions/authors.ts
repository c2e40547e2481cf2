import { type SQL, sql } from 'drizzle-orm'

/** The authors that a row of `model_versions` has, a JSON list of `{name, account}`. */
export function authorsJson(version: SQL): SQL {
  return sql`coalesce(${version}.authors,
    iif(${version}.user_id is null, '[]', json_array(json_object('name', ${version}.user_id))))`
}

/**
 * The authors of the files of the version `v`, a JSON list of `{name, account}`: its own, and those of
 * versions that had the same files before it.
 */
export const fileAuthorsJson: SQL = sql`(select json_group_array(json(a.value))
  from model_versions o, json_each(${authorsJson(sql`o`)}) a
  where o.id = v.id or (o.manifest = v.manifest and o.id < v.id))`
