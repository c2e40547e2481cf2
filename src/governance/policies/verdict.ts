/** The result of a gate. */
export type Verdict = {
  readonly status: 'passed' | 'failed' | 'pending'
  /** One line: the value, the limit, and what is wrong, if anything. */
  readonly detail: string
}

/** A gate that lets the version through. */
export const passed = (detail: string): Verdict => ({ status: 'passed', detail })

/** A gate that does not let it through, and why. */
export const failed = (detail: string): Verdict => ({ status: 'failed', detail })

/**
 * The version to compare with was deleted, which is not the same as having none to compare with.
 */
export function lost(holder: number): Verdict {
  return failed(
    `version ${holder}, which held the target last, was deleted, so nothing can be compared with it; roll back to a version that is there, or have the policy changed`,
  )
}
