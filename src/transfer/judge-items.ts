import { RegistryError } from '../core/error.ts'
import type { ImportOutcome } from './imported-items.ts'

/**
 * Split things that are to be imported: those that `check` lets pass, and the outcomes of the others.
 * One bad thing is one refusal.
 */
export function judgeItems<T>(
  items: readonly T[],
  { idOf, check }: { readonly idOf: (item: T) => string; readonly check: (item: T) => void },
): { readonly good: readonly T[]; readonly refused: readonly ImportOutcome[] } {
  const good: T[] = []
  const refused: ImportOutcome[] = []
  for (const item of items) {
    try {
      check(item)
      good.push(item)
    } catch (err) {
      if (!(err instanceof RegistryError)) throw err
      refused.push({ id: idOf(item), state: 'refused', problem: err.message })
    }
  }
  return { good, refused }
}
