declare namespace Cloudflare {
  interface Env {
    readonly DB: D1Database
    readonly ARTIFACTS: R2Bucket
  }
}
