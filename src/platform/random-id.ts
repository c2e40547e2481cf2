/** 32 random hex digits, the form of MLflow's run ids: a version 4 UUID, 122 bits of it random. */
export function randomId(): string {
  // Node keeps random bytes in store for UUIDs; getRandomValues() asks the system each time.
  return crypto.randomUUID().replaceAll('-', '')
}
