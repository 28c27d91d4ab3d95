import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { BlobStore } from './blob-store.ts'

const parent = mkdtempSync(join(tmpdir(), 'openhands-blobs-'))
after(() => rmSync(parent, { recursive: true }))
const [one, other] = ['1', '2'].map(digit => SessionId.parse(digit.repeat(32)))
assert.ok(one && other)
const bytes = new Uint8Array([1, 2, 3])

test('[P39] what was put is got under its name, once for the same bytes, by its own session only', async () => {
  const blobs = new BlobStore(parent)
  const name = await blobs.put(one, bytes, 'image/png')
  assert.equal(await blobs.put(one, bytes, 'image/png'), name)
  assert.deepEqual(readdirSync(join(parent, one)), [name])
  const got = await blobs.get(one, name)
  assert.deepEqual([got?.mediaType, [...(got?.bytes ?? [])]], ['image/png', [1, 2, 3]])
  assert.equal(await blobs.get(other, name), undefined)
})

test('[S10] a name that is not one of ours is not looked for', async () => {
  const blobs = new BlobStore(parent)
  const name = await blobs.put(one, bytes, 'image/png')
  for (const foreign of ['', '.', '..', `../${one}/${name}`, `${name}/`, `/${name}`, `${name}\0`, name.toUpperCase()])
    assert.equal(await blobs.get(one, foreign), undefined, foreign)
})

test('[S15] nothing that a browser could run is kept', async () => {
  await assert.rejects(new BlobStore(parent).put(one, bytes, 'image/svg+xml'), TypeError)
  await assert.rejects(new BlobStore(parent).put(one, bytes, 'text/html'), TypeError)
})

test('[P08] a session that is deleted leaves none', async () => {
  const blobs = new BlobStore(parent)
  const name = await blobs.put(other, bytes, 'image/jpeg')
  await blobs.delete(other)
  await blobs.delete(other)
  assert.equal(await blobs.get(other, name), undefined)
})
