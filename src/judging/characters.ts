import { invalid } from '../core/error.ts'
import { countCharacters } from '../core/names.ts'
import { judgingMessages } from './messages.ts'

/**
 * @param field as MLflow's messages name it
 * @throws INVALID_PARAMETER_VALUE the text has more characters
 */
export function checkCharacters(field: string, text: string, charsMax: number): void {
  const count = countCharacters(text)
  if (count > charsMax) throw invalid(judgingMessages.tooManyCharacters(field, charsMax, count))
}
