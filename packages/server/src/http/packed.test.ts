import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { gzipped, isPackable, takesGzip } from './packed.ts'

const accepted: readonly [header: string | undefined, takes: boolean][] = [
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['br, GZIP;q=0.5', true],
  ['x-gzip', true],
  ['*', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000, *', false],
  ['*;q=0', false],
  ['identity, deflate', false],
  ['gzipped', false],
]
for (const [header, takes] of accepted)
  test(`"${header}" ${takes ? 'takes' : 'does not take'} gzip`, () => {
    assert.equal(takesGzip(header === undefined ? {} : { 'accept-encoding': header }), takes)
  })

test('only what gets smaller is packed', () => {
  for (const type of ['text/javascript; charset=utf-8', 'text/css', 'image/svg+xml', 'application/wasm'])
    assert.deepEqual([isPackable(type, 5_000), isPackable(type, 500)], [true, false], type)
  for (const type of ['image/png', 'font/woff2', 'video/mp4', 'application/octet-stream'])
    assert.equal(isPackable(type, 5_000), false, type)
})

test('what is packed can be read again, and ends with what it is made of', async () => {
  const text = 'export {}\n'.repeat(1_000)
  assert.equal(gunzipSync(await buffer(gzipped(Readable.from([Buffer.from(text)])))).toString(), text)
  const broken = new Readable({
    read(): void {
      this.destroy(new Error('the disk has failed'))
    },
  })
  await assert.rejects(buffer(gzipped(broken)), /the disk has failed/)
  const source = Readable.from([Buffer.from(text)])
  const packed = gzipped(source)
  packed.destroy()
  await new Promise(closed => source.once('close', closed))
  assert.equal(source.destroyed, true)
})
