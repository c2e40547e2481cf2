import { describe, expect, test } from 'vitest'
import { readSettings, SettingError } from '../../src/platform/settings/read-settings.ts'
import { givenBy } from '../../src/platform/settings/setting-table.ts'
import { defaultSettings } from '../../src/platform/settings/settings.ts'

const read = (variables: Record<string, string>) => readSettings(givenBy(variables))

test('with nothing set, everything is as the defaults say', () => {
  expect(defaultSettings).toMatchObject(read({}))
})

describe('webhooks', () => {
  test('are set by the variables of MLflow’s server', () => {
    const { webhooks } = read({
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'HTTP, https',
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_REQUEST_TIMEOUT: '7',
      MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES: '5',
    })
    expect(webhooks).toMatchObject({
      schemes: ['http', 'https'],
      allowPrivate: true,
      timeoutMs: 7000,
      retriesMax: 5,
    })
  })

  test('are set by our own variables where both are given', () => {
    const both = { GATEHOUSE_WEBHOOK_RETRIES: '0', MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES: '5' }
    expect(read(both).webhooks.retriesMax).toBe(0)
    expect(read({ MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'false' }).webhooks.allowPrivate).toBe(false)
  })

  test.each([
    ['MLFLOW_WEBHOOK_ALLOWED_SCHEMES', 'ftp', /webhook-schemes.*'ftp'; expected https, http/],
    ['MLFLOW_WEBHOOK_REQUEST_TIMEOUT', '-1', /webhook-timeout.*a number from 0 to 300/],
    ['MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES', '1.5', /webhook-retries.*a number from 0 to 100/],
    ['GATEHOUSE_WEBHOOK_SECRET_KEY', 'short', /fewer than 16 characters/],
  ])('%s=%s is refused', (variable, value, message) => {
    expect(() => read({ [variable]: value })).toThrow(message)
    expect(() => read({ [variable]: value })).toThrow(SettingError)
  })
})

describe('the public URL', () => {
  test.each([
    ['https://ml.example.com', 'https://ml.example.com'],
    ['HTTPS://ML.example.com:443/', 'https://ml.example.com'],
    ['http://10.0.0.7:5000/tools/mlflow/', 'http://10.0.0.7:5000/tools/mlflow'],
  ])('%s begins every URL as %s', (value, publicUrl) => {
    expect(read({ GATEHOUSE_PUBLIC_URL: value }).publicUrl).toBe(publicUrl)
  })

  test.each([
    'ml.example.com',
    'ftp://ml.example.com',
    'https://user@ml.example.com',
    'https://ml.example.com/?a',
    'https://ml.example.com/#a',
    'https://ml.example.com/a/../b',
    'https://ml.example.com/a b',
    'https://ml.example.com//a',
    'https://',
  ])('is not %s', (value) => {
    expect(() => read({ GATEHOUSE_PUBLIC_URL: value })).toThrow(/public-url.*expected a URL/)
  })
})

test('whom people ask is one line that is not long', () => {
  expect(read({ GATEHOUSE_CONTACT: ' #ml-help ' }).contact).toBe('#ml-help')
  expect([read({}).contact, read({ GATEHOUSE_CONTACT: ' ' }).contact]).toEqual([
    undefined,
    undefined,
  ])
  for (const value of ['a\nb', 'x'.repeat(201)]) {
    expect(() => read({ GATEHOUSE_CONTACT: value })).toThrow(/contact.*one line/s)
  }
})

describe('the price of storage', () => {
  test.each([
    ['0.023', 0.023],
    ['1000000', 1_000_000],
    ['0', 0],
  ])('is %s', (value, price) => {
    expect(read({ GATEHOUSE_STORAGE_PRICE: value }).storagePrice).toBe(price)
  })

  test.each(['-1', '0,023', '1e3', '1000000.1', 'NaN'])('%s is refused', (value) => {
    expect(() => read({ GATEHOUSE_STORAGE_PRICE: value })).toThrow(
      /storage-price.*an amount from 0/,
    )
  })
})

describe('the account and region in ARNs', () => {
  test('are those that are given', () => {
    const { account, region } = read({}).packages
    expect([account, region]).toEqual(['000000000000', 'us-east-1'])
    const given = { GATEHOUSE_AWS_ACCOUNT: '111122223333', GATEHOUSE_AWS_REGION: 'us-gov-west-1' }
    expect(read(given).packages).toMatchObject({ account: '111122223333', region: 'us-gov-west-1' })
  })

  test.each([
    ['GATEHOUSE_AWS_ACCOUNT', '1234', /aws-account.*twelve digits/],
    ['GATEHOUSE_AWS_ACCOUNT', '1111-2222-3333', /aws-account.*twelve digits/],
    ['GATEHOUSE_AWS_REGION', 'EU', /aws-region.*such as eu-west-1/],
    ['GATEHOUSE_AWS_REGION', 'eu-west-1:x', /aws-region.*such as eu-west-1/],
  ])('%s=%s is refused', (name, value, message) => {
    expect(() => read({ [name]: value })).toThrow(message)
  })
})

describe('the stage of approved packages', () => {
  test.each([
    ['staging', 'Staging'],
    ['PRODUCTION', 'Production'],
    ['Live-1', 'Live-1'],
  ])('is %s', (value, stage) => {
    expect(read({ GATEHOUSE_PACKAGE_STAGE: value }).packages.stage).toBe(stage)
  })

  test.each(['none', 'Archived', "a'b", 'a b', 'x'.repeat(65)])('%s is refused', (value) => {
    expect(() => read({ GATEHOUSE_PACKAGE_STAGE: value })).toThrow(
      /package-stage.*a stage other than None and Archived/,
    )
  })
})
