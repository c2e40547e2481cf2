import { expect, test } from 'vitest'
import { defaultSettings, type WebhookSettings } from '../../src/platform/settings/settings.ts'
import { allowedUrl, isPublicAddress, mayConnect, originOf } from '../../src/webhooks/url.ts'

const settings = defaultSettings.webhooks

test.each([
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.51.100.7'],
  ...['203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:8.8.8.8'],
  ...['::ffff:0:8.8.8.8', '64:ff9b::10.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::10.0.0.1'],
  ...['100::1', '2001::1', '2001:db8::1', '2001:10::1', '2001:20::1', '2002:7f00:1::1'],
  ...['2002:808:808::1', '3fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00:ec2::254'],
  ...['fe80::1', 'fec0::1', 'ff02::1', '', 'localhost', '999.1.1.1'],
])('the address %s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['1.1.1.1', '8.8.8.8', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450::5'])(
  'the address %s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  ...['https://127.0.0.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://0x7f.1/'],
  ...['https://0177.0.0.1/', 'https://0177.0.0.01/', 'https://127.1/', 'https://0/'],
  ...['https://127.0.0.1./', 'https://127.0.0.1:8443/', 'https://user@127.0.0.1/'],
  ...['https://example.com@127.0.0.1/', 'https://１２７.０.０.１/', 'https://①②⑦.0.0.1/'],
  ...['https://127。0。0。1/', 'https://%31%32%37.0.0.1/', 'https://[::1]/', 'https://[::]/'],
  ...['https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[::7f00:1]/'],
  ...['https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[fe80::1]/'],
  ...['https://[fd00:ec2::254]/', 'https://169.254.169.254/latest', 'https://100.100.100.200/'],
  ...['https://localhost/', 'https://LOCALHOST./', 'https://a.localhost/', 'https://metadata/'],
  ...['https://metadata.google.internal/', 'https://printer.local/', 'https://nas.home.arpa/'],
  ...['https://ⓛocalhost/', 'https://0x7f000001./', 'https://224.0.0.1/', 'https://10.1/'],
])('the URL %s is refused', (url) => {
  expect(() => allowedUrl(url, settings)).toThrow(/non-public/)
})

test.each([
  ...['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'nope', '//example.com'],
  ...['javascript:alert(1)', 'data:text/plain,x', 'gopher://127.0.0.1/', 'httpsx://example.com'],
])('the URL %s is refused for its scheme', (url) => {
  expect(() => allowedUrl(url, settings)).toThrow(/^Invalid webhook URL scheme: '.*'\. Allowed/)
})

test.each([
  ...['https://[fe80::1%25eth0]/', 'https://1.2.3.4.5/', 'https://exa mple.com/'],
  ...['https://256.1.1.1/', 'https://[::1', 'https://example.com:99999/'],
])('the URL %s is refused as none', (url) => {
  expect(() => allowedUrl(url, settings)).toThrow(/^Invalid webhook URL '.*': its host or port/)
})

test.each([
  ['', /^Webhook URL cannot be empty or just whitespace/],
  [' \t ', /^Webhook URL cannot be empty or just whitespace/],
  ['https://', /^Webhook URL must include a hostname/],
  [`https://example.com/${'x'.repeat(2000)}`, /^Webhook URL has more than 2000 characters/],
])('the URL %j is refused, and the message says why', (url, message) => {
  expect(() => allowedUrl(url, settings)).toThrow(message)
})

test.each([
  'https://example.com/x?y=z',
  'https://8.8.8.8/',
  'HTTPS://EXAMPLE.COM:8443',
  'https://bücher.example',
])('the URL %s is allowed', (url) => {
  expect(allowedUrl(url, settings)).toBeInstanceOf(URL)
})

test('a listed host may be private and be reached by http, with its port alone where one is named', () => {
  const listed: WebhookSettings = {
    ...settings,
    hosts: ['127.0.0.1:9000', 'hooks.internal', '[::1]'],
  }
  for (const url of [
    'http://127.0.0.1:9000/x',
    'http://2130706433:9000/',
    'https://hooks.internal/',
    'http://hooks.internal:81/',
    'http://[::1]/',
  ]) {
    expect(mayConnect(allowedUrl(url, listed), '10.0.0.1', listed), url).toBe(true)
  }
  for (const url of [
    'https://127.0.0.1/',
    'https://127.0.0.1:9001/',
    'https://x.hooks.internal/',
  ]) {
    expect(() => allowedUrl(url, listed), url).toThrow(/non-public/)
  }
})

test('with private addresses allowed, the schemes still hold', () => {
  const open: WebhookSettings = { ...settings, allowPrivate: true }
  expect(allowedUrl('https://10.0.0.1/', open)).toBeInstanceOf(URL)
  expect(() => allowedUrl('http://10.0.0.1/', open)).toThrow(/Allowed schemes are: https\./)
})

test('the origin of a URL has neither credentials nor path nor query', () => {
  expect(originOf('https://u:p@hooks.slack.com:8443/services/T/B/x?y=z')).toBe(
    'https://hooks.slack.com:8443',
  )
})
