/** What a grant may give, beyond MLflow's permissions. */
export const rights = [
  'register',
  'promote',
  'approve',
  'manage_policies',
  'read_audit',
  'manage_webhooks',
] as const
export type Right = (typeof rights)[number]
