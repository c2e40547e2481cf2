/** Fields and messages that several calls of Databricks' dialect take. */

export const required = { type: 'string', required: true } as const
export const text = { type: 'string' } as const

/** A version. */
export const one = { name: required, version: required }

/** A version and the stage that it is to go to, with a word on it. */
export const toStage = { ...one, stage: required, comment: text }

export const archiving = { archive_existing_versions: { type: 'bool' } } as const
