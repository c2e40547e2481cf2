import { excerpt, invalid } from '../../core/error.ts'
import { checkLength } from '../../core/names.ts'
import { isLatest } from '../check-names.ts'
import { isMlflowStage, mlflowStages, stageKey } from './stages.ts'

/** A stage and its rules. */
export type Stage = {
  readonly name: string
  /** A model has at most one version in it. */
  readonly isExclusive: boolean
  /** Names of the stages that it may be entered from; undefined for any. */
  readonly from: readonly string[] | undefined
}

const countMax = 50
const nameCharsMax = 64

/**
 * Check a list of stages. The answer has the names in `from` as they are written in the list.
 *
 * @throws INVALID_PARAMETER_VALUE what is wrong, and what to do
 */
export function checkStages(stages: readonly Stage[]): Stage[] {
  if (stages.length > countMax) {
    throw invalid(`There are ${stages.length} stages in the list; ${countMax} at most can be kept`)
  }
  const names = new Map<string, string>()
  for (const { name } of stages) {
    checkStageName(name)
    if (names.has(stageKey(name))) {
      throw invalid(`Stage '${name}' is in the list twice; upper and lower case are the same stage`)
    }
    names.set(stageKey(name), name)
  }
  for (const name of mlflowStages) checkKept(name, names)
  return stages.map((stage) => checkRules(stage, names))
}

/**
 * Clients can load by a stage as by an alias, and in `models:/name/stage`, so the rules of aliases
 * apply.
 */
function checkStageName(name: string): void {
  checkLength(name, nameCharsMax, 'name')
  if (!/^[\p{L}\p{N}_-]+$/u.test(name)) {
    throw invalid(
      `Invalid stage name '${excerpt(name)}': use only letters, digits, underscores and dashes`,
    )
  }
  if (isLatest(name) || /^v?\d+$/i.test(name)) {
    throw invalid(`The stage name '${name}' is reserved: it reads as a version`)
  }
}

function checkKept(name: string, names: ReadonlyMap<string, string>): void {
  const given = names.get(stageKey(name))
  if (given === name) return
  throw invalid(
    given === undefined
      ? `Stage '${name}' is one of MLflow's and cannot be removed: put it into the list`
      : `Stage '${name}' is one of MLflow's and cannot be called '${given}'`,
  )
}

function checkRules(stage: Stage, names: ReadonlyMap<string, string>): Stage {
  const { name, isExclusive } = stage
  if (isMlflowStage(name) && (isExclusive || stage.from)) {
    throw invalid(
      `Stage '${name}' is one of MLflow's and cannot be restricted; add a stage of your own`,
    )
  }
  if (!stage.from) return stage
  const from = stage.from.map((text) => {
    const known = names.get(stageKey(text))
    if (known === undefined || known === name) {
      throw invalid(
        `Stage '${name}' cannot be entered from '${excerpt(text)}': name other stages of the list in 'from'`,
      )
    }
    return known
  })
  if (from.length === 0) {
    throw invalid(`Stage '${name}' could never be entered: leave out 'from' to allow every stage`)
  }
  return { name, isExclusive, from: [...new Set(from)] }
}
