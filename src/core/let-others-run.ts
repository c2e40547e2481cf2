/** Let waiting requests run: long work and databases in this process would block them. */
export function letOthersRun(): Promise<void> {
  return new Promise((done) => setTimeout(done))
}
