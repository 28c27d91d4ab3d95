import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFrame, type Frame, FrameReader, frameLimit } from './frame.ts'

function collect(): { frames: Frame[]; faults: [string, unknown][]; reader: FrameReader } {
  const frames: Frame[] = []
  const faults: [string, unknown][] = []
  const reader = new FrameReader(
    frame => frames.push(frame),
    (reason, id) => faults.push([reason, id]),
  )
  return { frames, faults, reader }
}

const sample = Buffer.concat([
  encodeFrame({ id: 1, text: 'ä\n' }),
  encodeFrame({ id: 2 }, Buffer.from('\n{"id":9}\n')),
  encodeFrame({ id: 3 }),
])

test('[P33] frames are the same wherever the stream is cut', () => {
  for (let size = 1; size <= sample.length; size++) {
    const { frames, faults, reader } = collect()
    for (let at = 0; at < sample.length; at += size) reader.push(sample.subarray(at, at + size))
    assert.deepEqual(
      frames.map(frame => [frame.header['id'], frame.body.toString()]),
      [
        [1, ''],
        [2, '\n{"id":9}\n'],
        [3, ''],
      ],
      `pieces of ${size}`,
    )
    assert.equal(frames[0]?.header['text'], 'ä\n')
    assert.deepEqual(faults, [])
  }
})

for (const [name, bad] of [
  ['not JSON', 'hello\n'],
  ['an array', '[1]\n'],
  ['null', 'null\n'],
  ['an empty line', '\n'],
  ['a negative count', '{"id":5,"bytes":-1}\n'],
  ['a count that is text', '{"id":5,"bytes":"7"}\n'],
  ['a broken count', '{"id":5,"bytes":1.5}\n'],
] as const) {
  test(`a bad frame is one fault and the next frame is read: ${name}`, () => {
    const { frames, faults, reader } = collect()
    reader.push(Buffer.concat([Buffer.from(bad), encodeFrame({ id: 6 })]))
    assert.equal(faults.length, 1)
    assert.deepEqual(
      frames.map(frame => frame.header['id']),
      [6],
    )
  })
}

test('[P17] a body beyond the limit is skipped, named by its id, and the next frame is read', () => {
  const { frames, faults, reader } = collect()
  reader.push(Buffer.from(`{"id":7,"bytes":${frameLimit + 1}}\n`))
  const piece = Buffer.alloc(1024 * 1024, '\n')
  for (let sent = 0; sent < frameLimit; sent += piece.length) reader.push(piece)
  reader.push(Buffer.from('\n{"id":8}\n'))
  assert.deepEqual(
    faults.map(fault => fault[1]),
    [7],
  )
  assert.deepEqual(
    frames.map(frame => frame.header['id']),
    [8],
  )
})

test('[P17] a header line beyond the limit is skipped and the next frame is read', () => {
  const { frames, faults, reader } = collect()
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let sent = 0; sent <= frameLimit; sent += piece.length) reader.push(piece)
  reader.push(Buffer.from('\n{"id":8}\n'))
  assert.equal(faults.length, 1)
  assert.deepEqual(
    frames.map(frame => frame.header['id']),
    [8],
  )
})

test('a frame beyond the limit is not even sent', () => {
  assert.throws(() => encodeFrame({}, Buffer.alloc(frameLimit + 1)), RangeError)
})
