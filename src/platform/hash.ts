/** A SHA-256 that takes its bytes as they come; `digest` ends it. */
export type Sha256 = {
  update(bytes: Uint8Array): void | Promise<void>
  /** Lower-case hex. */
  digest(): string | Promise<string>
}
