/** What a gate says. */
export type Verdict = {
  readonly status: 'passed' | 'failed' | 'pending'
  /** One line: the value, the limit, and what is wrong where something is. */
  readonly detail: string
}

/** A gate that lets the version through. */
export const passed = (detail: string): Verdict => ({ status: 'passed', detail })

/** A gate that does not, and why. */
export const failed = (detail: string): Verdict => ({ status: 'failed', detail })

/** What was compared with before is gone: that is not the same as nothing to compare with. */
export function lost(holder: number): Verdict {
  return failed(
    `version ${holder}, which held the target last, was deleted, so nothing can be compared with it; roll back to a version that is there, or have the policy changed`,
  )
}
