/** Why a command cannot start or go on, in one line for the operator, remedy included. */
export class StartError extends Error {
  override name = 'StartError'
}
