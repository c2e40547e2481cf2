import { type ErrorCode, RegistryError } from '../core/error.ts'

/** What was found or, in its place, an error with this code. @throws every other error */
export async function attempt<T>(
  code: ErrorCode,
  found: T | Promise<T>,
): Promise<T | RegistryError> {
  try {
    return await found
  } catch (err) {
    if (err instanceof RegistryError && err.code === code) return err
    throw err
  }
}
