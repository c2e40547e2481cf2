/** Numbers of two machines differ in their last digits. */
const tolerance = 1e-9

/** Whether two answers say the same, and by how much their numbers differ at most. */
export type AnswerComparison = { readonly agrees: boolean; readonly difference: number }

/**
 * Compare what two scorers answered: `predictions` of JSON objects that have them, else the whole JSON.
 *
 * @returns undefined: the answer that was given is no JSON, so there is nothing to compare
 */
export function compareAnswers(given: string, shadowed: string): AnswerComparison | undefined {
  const [one, other] = [readPredictions(given), readPredictions(shadowed)]
  if (!one) return undefined
  return other ? compareValues(one.value, other.value) : { agrees: false, difference: 0 }
}

function readPredictions(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && 'predictions' in value ? { value: value.predictions } : { value }
  } catch (err) {
    if (err instanceof SyntaxError) return undefined
    throw err
  }
}

/** Without recursion: an answer may be nested as deep as its bytes allow. */
function compareValues(first: unknown, second: unknown): AnswerComparison {
  let [agrees, difference] = [true, 0]
  const pairs: [unknown, unknown][] = [[first, second]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [one, other] = pair
    if (typeof one === 'number' && typeof other === 'number') {
      const apart = Math.abs(one - other)
      if (Number.isFinite(apart)) difference = Math.max(difference, apart)
      agrees &&= apart <= tolerance * Math.max(1, Math.abs(one), Math.abs(other))
    } else if (isObject(one) && isObject(other)) {
      const keys = Object.keys(one).filter((key) => Object.hasOwn(other, key))
      agrees &&= isSameShape(one, other, keys.length)
      for (const key of keys) pairs.push([one[key], other[key]])
    } else agrees &&= one === other
  }
  return { agrees, difference }
}

function isSameShape(one: object, other: object, keysInBoth: number): boolean {
  return (
    Array.isArray(one) === Array.isArray(other) &&
    Object.keys(one).length === keysInBoth &&
    Object.keys(other).length === keysInBoth
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
