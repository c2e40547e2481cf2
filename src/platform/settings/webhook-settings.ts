import { everywhere, type Setting } from './setting.ts'

/** How webhooks are sent, and to where. */
export const webhookSettings = [
  {
    ...everywhere,
    name: 'webhook-schemes',
    value: 'schemes',
    default: 'https',
    also: ['MLFLOW_WEBHOOK_ALLOWED_SCHEMES'],
    meaning: 'Comma-separated URI schemes that a webhook may have: https, http.',
  },
  {
    ...everywhere,
    name: 'webhook-hosts',
    value: 'hosts',
    meaning:
      'Comma-separated host or host:port that webhooks may reach although the address is private, by http too. For development and for receivers inside.',
  },
  {
    ...everywhere,
    name: 'webhook-allow-private',
    also: ['MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS'],
    meaning:
      'Webhooks may reach any address, private ones and the metadata services of clouds too. For tests behind a closed door only; webhook-hosts names single hosts.',
  },
  {
    ...everywhere,
    name: 'webhook-timeout',
    value: 'seconds',
    default: '30',
    also: ['MLFLOW_WEBHOOK_REQUEST_TIMEOUT'],
    meaning: 'How long a receiver may take to answer.',
  },
  {
    ...everywhere,
    name: 'webhook-retries',
    value: 'number',
    default: '3',
    also: ['MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES'],
    meaning:
      'How often a delivery is tried again, after 1, 2, 4 and so on up to 60 seconds, before it is logged as failed.',
  },
  {
    ...everywhere,
    name: 'webhook-secret-key',
    value: 'key',
    secret: true,
    also: ['MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY'],
    meaning:
      "Encrypts the webhooks' secrets in the database; at least 16 characters. The signing key when absent.",
  },
] as const satisfies readonly Setting[]
