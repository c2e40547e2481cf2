import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** One immutable file body in the blob store. Equal bytes are one row. */
export const blobs = sqliteTable(
  'blobs',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Lower-case hex. */
    sha256: text().notNull(),
    size_bytes: integer().notNull(),
    /** Opaque key in the blob store; never reused. */
    key: text().notNull().unique(),
    created_at_ms: integer().notNull(),
    /** `accounts.id` of who stored it first, for the quota; null: without an account. It outlives the account. */
    account: integer(),
  },
  (t) => [uniqueIndex('blobs_by_content').on(t.sha256, t.size_bytes)],
)

/** The path index: which blob a path of the artifact proxy shows now. */
export const artifactFiles = sqliteTable(
  'artifact_files',
  {
    workspace: text().notNull(),
    /** Without leading or trailing slash, as under `mlflow-artifacts:/`. */
    path: text().notNull(),
    blob: integer()
      .notNull()
      .references(() => blobs.id),
    updated_at_ms: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspace, t.path] }),
    index('artifact_files_by_blob').on(t.blob),
  ],
)

/** A sealed list of files. Versions with equal files share one. */
export const manifests = sqliteTable('manifests', {
  id: integer().primaryKey({ autoIncrement: true }),
  /** `sha256:` and lower-case hex, of the canonical list of (path, size, sha256). */
  digest: text().notNull().unique(),
  /** Where the same list stands as JSON in the blob store. */
  key: text().notNull().unique(),
  file_count: integer().notNull(),
  size_bytes: integer().notNull(),
  created_at_ms: integer().notNull(),
})

export const manifestFiles = sqliteTable(
  'manifest_files',
  {
    manifest: integer()
      .notNull()
      .references(() => manifests.id, { onDelete: 'cascade' }),
    /** Relative to the version's root. */
    path: text().notNull(),
    blob: integer()
      .notNull()
      .references(() => blobs.id),
  },
  (t) => [
    primaryKey({ columns: [t.manifest, t.path] }),
    index('manifest_files_by_blob').on(t.blob),
  ],
)

/**
 * Multipart uploads. A row goes when the upload is aborted or swept; a completed one stays for a while, so that who
 * asks again gets the same answer.
 */
export const multipartUploads = sqliteTable(
  'multipart_uploads',
  {
    upload_id: text().primaryKey(),
    workspace: text().notNull(),
    path: text().notNull(),
    /** The blob key that the parts will become. */
    key: text().notNull(),
    /** The blob store's own name for the upload. */
    store_upload_id: text().notNull(),
    created_at_ms: integer().notNull(),
    /** `accounts.id` of who began it, where a quota counts for them. */
    account: integer(),
    /** The list that the first completion named, as one text: no other list completes the upload. */
    parts: text(),
    completed_at_ms: integer(),
    /** What a resumable upload is to become, lower-case hex; null: any bytes. */
    sha256: text(),
    size_bytes: integer(),
    /** Of each part but the last one. */
    part_bytes: integer(),
    /** Of an object that was joined and is hashed in several requests. */
    joined_bytes: integer(),
    /** How many of those are hashed. */
    hashed_bytes: integer(),
    /** What goes on with the hash, in hex; once all are hashed, the SHA-256 itself. */
    hash_state: text(),
    /** Until then somebody is hashing it. */
    hashing_until_ms: integer(),
  },
  (t) => [
    index('multipart_uploads_to_hash')
      .on(t.upload_id)
      .where(sql`joined_bytes is not null and completed_at_ms is null`),
  ],
)

/** Parts of uploads under way: what they take counts for the quota until they are a file, or gone. */
export const multipartParts = sqliteTable(
  'multipart_parts',
  {
    upload_id: text()
      .notNull()
      .references(() => multipartUploads.upload_id, { onDelete: 'cascade' }),
    part: integer().notNull(),
    size_bytes: integer().notNull(),
    /** As the upload's, for the triggers that keep `storage_use`. */
    account: integer(),
    /** Of a resumable upload: null until the part is stored. */
    etag: text(),
  },
  (t) => [primaryKey({ columns: [t.upload_id, t.part] })],
)

/** Blobs that were found missing or changed, so that the audit log gets one entry a day for each. */
export const damagedBlobs = sqliteTable('damaged_blobs', {
  blob: integer()
    .primaryKey()
    .references(() => blobs.id, { onDelete: 'cascade' }),
  /** When the audit log last got an entry for it. */
  recorded_at_ms: integer().notNull(),
})

/** Blobs that no path and no version refers to, and since when that is known. */
export const unreferencedBlobs = sqliteTable(
  'unreferenced_blobs',
  {
    blob: integer()
      .primaryKey()
      .references(() => blobs.id, { onDelete: 'cascade' }),
    seen_at_ms: integer().notNull(),
  },
  (t) => [index('unreferenced_blobs_by_time').on(t.seen_at_ms)],
)

/** How much each account has stored: the sum over its blobs and the parts of its uploads, kept by triggers. */
export const storageUse = sqliteTable('storage_use', {
  /** `accounts.id`; never reused, so a row may outlive its account. */
  account: integer().primaryKey(),
  size_bytes: integer().notNull(),
})

/** What reading a file told of what runs when it is loaded. */
export const fileScans = sqliteTable(
  'file_scans',
  {
    /** Another for each reading, so that the sum over some files tells whether one was read again. */
    id: integer().primaryKey({ autoIncrement: true }),
    blob: integer()
      .notNull()
      .references(() => blobs.id, { onDelete: 'cascade' }),
    /** How it was looked at, which its name says: see `fileKindOf`. */
    kind: text().notNull(),
    at_ms: integer().notNull(),
    /** A FileScan, as JSON. */
    scan: text().notNull(),
  },
  (t) => [uniqueIndex('file_scans_by_blob').on(t.blob, t.kind)],
)

/** Manifests of which files were not scanned yet. A trigger on `manifests` fills it. */
export const manifestsToScan = sqliteTable('manifests_to_scan', {
  manifest: integer()
    .primaryKey()
    .references(() => manifests.id, { onDelete: 'cascade' }),
  /** The last path that was scanned. */
  scanned_to: text().notNull(),
})
