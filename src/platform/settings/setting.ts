/** One thing that an operator may set. Flags, environment, help and docs are all made from these. */
export type Setting = {
  /** Its flag without dashes; `GATEHOUSE_` and this in capitals is its variable. */
  readonly name: string
  /** What `--help` calls the value; absent for a switch. */
  readonly value?: string
  readonly default?: string
  /** Variables of MLflow's server or of AWS that mean the same; ours wins. */
  readonly also?: readonly string[]
  /** MLflow's flag for it, where that has another name. */
  readonly alsoFlag?: { readonly name: string; readonly value: string }
  /** Read from the environment only, so that no process list shows it. */
  readonly secret?: true
  /** `storage`: every command that opens the data; `server`: the server alone. */
  readonly of: 'storage' | 'server'
  /** Whether a Worker reads it too, from its vars and secrets. */
  readonly worker: boolean
  readonly meaning: string
}

/** Which command reads a setting, and whether a Worker does too. */
export const storage = { of: 'storage', worker: false } as const
export const storageEverywhere = { of: 'storage', worker: true } as const
export const server = { of: 'server', worker: false } as const
export const everywhere = { of: 'server', worker: true } as const

/** The environment variable of a setting: `GATEHOUSE_DATABASE_URL` for `database-url`. */
export function variableOf(name: string): string {
  return `GATEHOUSE_${name.toUpperCase().replaceAll('-', '_')}`
}
