/** A clock that stands still until it is moved. Unix milliseconds. */
export class Clock {
  ms: number

  constructor(ms = Date.UTC(2026, 10, 24, 12)) {
    this.ms = ms
  }

  readonly now = (): number => this.ms

  /** Let time pass. */
  pass(ms: number): void {
    this.ms += ms
  }
}

/** A clock that goes on by a millisecond whenever it is read, so that no two times are equal. */
export class TickingClock extends Clock {
  override readonly now = (): number => this.ms++
}
