import { variableOf } from './setting.ts'
import type { Given, SettingName } from './setting-table.ts'
import { defaultSettings, type Settings, type WebhookSettings } from './settings.ts'

const dayMs = 86_400_000

/** A setting has an invalid value; the message is one line for the operator. */
export class SettingError extends Error {
  override name = 'SettingError'
}

/**
 * The settings that capabilities see, from what the operator gave.
 *
 * @throws SettingError naming the setting, its value and what is expected
 */
export function readSettings(given: Given): Omit<Settings, 'signingKey'> {
  const open = readSwitch(given, 'disable-security-middleware')
  const schemes = given('artifact-schemes')
  return {
    ...defaultSettings,
    defaultArtifactRoot: (given('default-artifact-root') ?? '').replace(/(?<=[^:/])\/+$/, ''),
    artifactSchemes: schemes === undefined ? undefined : list(schemes),
    sourcePattern: readPattern(given),
    sourceSchemesAllowed: list(given('source-schemes')),
    auth: readSwitch(given, 'auth'),
    firstAdmin: { name: given('admin-user') ?? '', password: given('admin-password') },
    defaultPermission: readChoice(given, 'default-permission', [
      'NO_PERMISSIONS',
      'READ',
      'USE',
      'EDIT',
      'MANAGE',
    ]),
    publicUrl: readPublicUrl(given),
    contact: readContact(given),
    workspaces: readSwitch(given, 'enable-workspaces'),
    grantDefaultWorkspaceAccess: readSwitch(given, 'grant-default-workspace-access'),
    allowedHosts: open ? ['*'] : list(given('allowed-hosts')),
    corsOrigins: open ? ['*'] : list(given('cors-allowed-origins')),
    frameOptions: readChoice(given, 'x-frame-options', ['SAMEORIGIN', 'DENY', 'NONE']),
    jsonBytesMax: readNumber(given, 'json-bytes-max', 1_000_000_000),
    gcAfterMs: readNumber(given, 'gc-after-days', 36_500) * dayMs,
    purgeAfterMs: readNumber(given, 'purge-after-days', 36_500) * dayMs,
    storagePrice: readPrice(given),
    packages: {
      stage: readPackageStage(given),
      account: readAwsAccount(given),
      region: readAwsRegion(given),
    },
    webhooks: readWebhookSettings(given),
  }
}

function readWebhookSettings(given: Given): WebhookSettings {
  const schemes = list(given('webhook-schemes')?.toLowerCase())
  if (schemes.length === 0 || schemes.some((scheme) => !/^https?$/.test(scheme))) {
    throw misset('webhook-schemes', schemes.join(','), 'https, http, or both')
  }
  return {
    schemes,
    hosts: list(given('webhook-hosts')?.toLowerCase()),
    allowPrivate: readSwitch(given, 'webhook-allow-private'),
    timeoutMs: Math.max(1, readNumber(given, 'webhook-timeout', 300)) * 1000,
    retriesMax: readNumber(given, 'webhook-retries', 100),
    secretKey: readKey(given, 'webhook-secret-key'),
  }
}

/** A switch: on by its flag, or by any value other than the usual spellings of no. */
export function readSwitch(given: Given, name: SettingName): boolean {
  const value = given(name)
  return value !== undefined && !/^(false|0|no|off)$/i.test(value)
}

/** One of `choices`, written in any case. @throws SettingError */
export function readChoice<const C extends string>(
  given: Given,
  name: SettingName,
  choices: readonly C[],
): C {
  const value = given(name) ?? ''
  const choice = choices.find((word) => word.toLowerCase() === value.toLowerCase())
  if (choice === undefined) throw misset(name, value, `one of ${choices.join(', ')}`)
  return choice
}

/** A whole number from 0 to `max`. @throws SettingError */
export function readNumber(given: Given, name: SettingName, max: number): number {
  const value = given(name) ?? ''
  const number = Number(value)
  if (!/^\d+$/.test(value) || number > max) throw misset(name, value, `a number from 0 to ${max}`)
  return number
}

/** A stage in which packages serve: those of MLflow in any case, others as the list of stages has them. */
function readPackageStage(given: Given): string {
  const value = given('package-stage') ?? ''
  const key = value.toLowerCase()
  if (/^[\p{L}\p{N}_-]{1,64}$/u.test(value) && key !== 'none' && key !== 'archived') {
    return ['Staging', 'Production'].find((stage) => stage.toLowerCase() === key) ?? value
  }
  throw misset('package-stage', value, 'a stage other than None and Archived')
}

function readAwsAccount(given: Given): string {
  const value = given('aws-account') ?? ''
  if (/^\d{12}$/.test(value)) return value
  throw misset('aws-account', value, 'the twelve digits of an account, such as 123456789012')
}

function readAwsRegion(given: Given): string {
  const value = given('aws-region') ?? ''
  if (/^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/.test(value)) return value
  throw misset('aws-region', value, 'a region as AWS names it, such as eu-west-1')
}

function readPrice(given: Given): number | undefined {
  const value = given('storage-price')
  if (value === undefined) return undefined
  if (!/^\d{1,7}(\.\d{1,9})?$/.test(value) || Number(value) > 1_000_000) {
    throw misset('storage-price', value, 'an amount from 0 to 1000000, such as 0.023')
  }
  return Number(value)
}

function readContact(given: Given): string | undefined {
  const value = given('contact')?.trim()
  if (value === undefined || value === '') return undefined
  if (value.length > 200 || /\p{Cc}/u.test(value)) {
    throw misset('contact', value, 'one line of at most 200 characters')
  }
  return value
}

/** The operator's own signing key, if one is given. @throws SettingError it is too short */
export function readSigningKey(given: Given): string | undefined {
  return readKey(given, 'signing-key')
}

/**
 * The key that the operator gave for release bundles: PKCS#8 as PEM or its base64 alone, on one line too.
 *
 * @throws SettingError it is not of this form
 */
export function readBundleKey(given: Given): string | undefined {
  const key = given('bundle-key')?.trim()
  if (key === undefined || isPkcs8Text(key)) return key
  throw new SettingError(
    `${variableOf('bundle-key')} is no PKCS#8 key; make one with \`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256\``,
  )
}

/** A SEQUENCE of ASN.1 in base64, in the lines of PEM or without them. */
function isPkcs8Text(text: string): boolean {
  const lines =
    /^(?:-----BEGIN PRIVATE KEY-----)?\s*(M[\w+/=\s]+?)\s*(?:-----END PRIVATE KEY-----)?$/
  return lines.test(text.replaceAll('\\n', '\n'))
}

function readKey(given: Given, name: SettingName): string | undefined {
  const key = given(name)
  if (key !== undefined && key.length < 16) {
    throw new SettingError(`${variableOf(name)} has fewer than 16 characters`)
  }
  return key
}

/** An address with at most a path, whose segments need no encoding. */
function readPublicUrl(given: Given): string | undefined {
  const value = given('public-url')
  if (value === undefined) return undefined
  const url = URL.parse(value)
  const isPlain = /^https?:\/\/[^/?#@\s]+(\/[\w.~-]+)*\/?$/i.test(value)
  if (!url || !isPlain || url.pathname.replace(/\/$/, '') !== pathOf(value)) {
    throw misset(
      'public-url',
      value,
      'a URL such as https://ml.example.com or https://ml.example.com/mlflow',
    )
  }
  return url.origin + pathOf(value)
}

/** The path of a plain URL as it is written, without a slash at its end. */
function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\/$/, '')
}

function readPattern(given: Given): RegExp | undefined {
  const value = given('source-pattern')
  if (value === undefined) return undefined
  try {
    return new RegExp(value)
  } catch {
    throw misset('source-pattern', value, 'a regular expression')
  }
}

/** The entries of a comma-separated value, without blanks around them. */
export function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** The error for an invalid value. */
export function misset(name: SettingName, value: string, expected: string): SettingError {
  return new SettingError(`--${name} (${variableOf(name)}) is '${value}'; expected ${expected}`)
}
