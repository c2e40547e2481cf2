import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepSigningKey } from '../../../src/platform/node/signing-key.ts'

test('a key is made once and kept, and an empty one is refused with its remedy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-signing-key-'))
  try {
    const made = await keepSigningKey(folder)
    expect(made).toMatch(/^[0-9a-f]{64}$/)
    expect(await keepSigningKey(folder)).toBe(made)
    await writeFile(join(folder, 'signing-key'), '')
    await expect(keepSigningKey(folder)).rejects.toThrow(/signing-key is empty; remove it/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
