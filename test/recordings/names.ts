import type { Json } from './recording.ts'

/** Of runs, and of webhooks. */
const hexId = /[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** The names that a server gives to runs which come without one. */
const madeUpName = /^[a-z]+-[a-z]+-\d{1,4}$/
/** An experiment's number as it stands at the head of an artifact path. */
const experimentInUri = /(mlflow-artifacts:\/)(\d+)(?=\/|$)/g
const experimentInPath =
  /(\/artifacts\/|\/mpu\/\w+\/|\/presigned\/|^)(\d+)(?=\/(?:models|traces|[0-9a-f]{32})(?:\/|$))/g

/** What the recorded server called a thing, and what the server under test calls it. */
export class Names {
  private readonly ids = new Map<string, string>()
  private readonly experiments = new Map<string, string>([['0', '0']])

  /** Take over from a pair of answers what each side named anew. */
  learn(recorded: Json, ours: Json, key = ''): void {
    if (typeof recorded === 'string' && typeof ours === 'string') {
      this.learnText(recorded, ours, key)
    } else if (Array.isArray(recorded) && Array.isArray(ours)) {
      recorded.forEach((value, index) => {
        const other = ours[index]
        if (other !== undefined) this.learn(value, other, key)
      })
    } else if (isObject(recorded) && isObject(ours)) {
      for (const [name, value] of Object.entries(recorded)) {
        const other = ours[name]
        if (other !== undefined) this.learn(value, other, name)
      }
    }
  }

  /** A recorded text in the words of the server under test. `key` is the field it stands in. */
  translate(text: string, key = ''): string {
    if (/^experiment_ids?$/.test(key)) return this.experiments.get(text) ?? text
    const whole = this.ids.get(text)
    if (whole !== undefined) return whole
    const experiment = (_all: string, head: string, id: string) =>
      head + (this.experiments.get(id) ?? id)
    return text
      .replace(hexId, (id) => this.ids.get(id) ?? id)
      .replace(experimentInUri, experiment)
      .replace(experimentInPath, experiment)
  }

  translateAll(value: Json, key = ''): Json {
    if (typeof value === 'string') return this.translate(value, key)
    if (Array.isArray(value)) return value.map((entry) => this.translateAll(entry, key))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [name, this.translateAll(entry, name)]),
    )
  }

  private learnText(recorded: string, ours: string, key: string): void {
    if (key === 'experiment_id') {
      if (!this.experiments.has(recorded)) this.experiments.set(recorded, ours)
    } else if (key === 'next_page_token') {
      // Tokens of MLflow are offsets, the same for every search.
      this.ids.set(recorded, ours)
    } else if (madeUpName.test(recorded) && madeUpName.test(ours)) {
      if (!this.ids.has(recorded)) this.ids.set(recorded, ours)
    } else {
      const wanted = recorded.match(hexId) ?? []
      const got = ours.match(hexId) ?? []
      if (wanted.length !== got.length) return
      wanted.forEach((id, index) => {
        const other = got[index]
        if (other !== undefined && !this.ids.has(id)) this.ids.set(id, other)
      })
    }
  }
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
