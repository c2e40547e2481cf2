import { type ExactJson, exactJsonOf } from '../../../core/exact-json.ts'
import { parseValueText } from '../../../traces/spans/value-text.ts'

/**
 * The JSON of what somebody typed: `true`, numbers, quoted texts, lists and maps as they are, and all else
 * as a text.
 */
export function jsonOfTyped(typed: string): string {
  const value = parseValueText(typed)
  return value === undefined ? JSON.stringify(typed) : exactJsonOf(value)
}

/** What is typed for a value: a text without quotes, unless it would be read as something else. */
export function typedOf(json: string): string {
  const value: ExactJson | undefined = parseValueText(json)
  return typeof value === 'string' && jsonOfTyped(value) === json ? value : json
}

/** Whether MLflow's clients send a value of this JSON as a text of JSON. */
export function isNestedJson(json: string): boolean {
  return /^[[{]/.test(json)
}
