import type { KeyValue } from '../tracking/run.ts'
import { type Decoded, message } from './wire/message.ts'

/** MLflow's params and its tags of experiments, runs, datasets and logged models. */
export const keyValueMessage = message({
  key: { type: 'string', required: true },
  value: { type: 'string' },
})

/** An absent value counts as the empty string. */
export function keyValueFrom({ key, value }: Decoded<typeof keyValueMessage.fields>): KeyValue {
  return { key, value: value ?? '' }
}
