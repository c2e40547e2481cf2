import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { modelVersions, registeredModels } from '../tables.ts'

/** The registered models that are collections: their versions are links to versions of other models. */
export const collections = sqliteTable('collections', {
  registered_model: integer()
    .primaryKey()
    .references(() => registeredModels.id, { onDelete: 'cascade' }),
  /** 1: a version that is linked here is not deleted. */
  protect: integer().notNull(),
})

/** What each version of a collection is a link to. */
export const collectionLinks = sqliteTable(
  'collection_links',
  {
    /** The version of the collection. */
    model_version: integer()
      .primaryKey()
      .references(() => modelVersions.id, { onDelete: 'cascade' }),
    collection: integer()
      .notNull()
      .references(() => collections.registered_model, { onDelete: 'cascade' }),
    /** `model_versions.id`; no foreign key, since the link may outlive the version. */
    source_version: integer().notNull(),
    /** What the version was called when it was linked. */
    source_workspace: text().notNull(),
    source_model: text().notNull(),
    source_number: integer().notNull(),
  },
  (t) => [
    uniqueIndex('collection_links_by_source').on(t.source_version, t.collection),
    index('collection_links_by_collection').on(t.collection),
  ],
)
