import { excerpt, invalid } from '../core/error.ts'

/** Where a version starts. */
export const firstStage = 'None'
/** Where a version goes that another one replaces. */
export const archivedStage = 'Archived'

/** The stages that a version may be in, by their canonical names. */
export function stages(): readonly string[] {
  return [firstStage, 'Staging', 'Production', archivedStage]
}

/** The canonical name of a stage that is written in any case. @throws INVALID_PARAMETER_VALUE it is none */
export function parseStage(text: string): string {
  const wanted = text.toLowerCase()
  const stage = stages().find((name) => name.toLowerCase() === wanted)
  if (stage !== undefined) return stage
  throw invalid(
    `Invalid Model Version stage '${excerpt(text)}': it must be one of ${stages().join(', ')}`,
  )
}

/** Whether versions serve in this stage, so that a new one can replace the others in it. */
export function isActive(stage: string): boolean {
  return stage !== firstStage && stage !== archivedStage
}
