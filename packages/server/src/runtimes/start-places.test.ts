import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StartPlaces } from './start-places.ts'

const never = new AbortController().signal

test('[P19] so many start at once, the others in their order; a place that is given back twice is given once', async () => {
  const places = new StartPlaces(2)
  const [first, second] = [await places.take(never), await places.take(never)]
  const came: string[] = []
  const taken = async (name: string): Promise<() => void> => {
    const release = await places.take(never)
    came.push(name)
    return release
  }
  const [third, fourth] = [taken('third'), taken('fourth')]
  first()
  first()
  const release = await third
  assert.deepEqual(came, ['third'])
  second()
  await fourth
  assert.deepEqual(came, ['third', 'fourth'])
  release()
  await places.take(never)
})

test('[P11] who gives up while waiting leaves no place taken', async () => {
  const places = new StartPlaces(1)
  const release = await places.take(never)
  const impatient = new AbortController()
  const waiting = places.take(impatient.signal)
  const behind = places.take(never)
  impatient.abort(new Error('enough'))
  await assert.rejects(waiting, /enough/)
  release()
  await behind
  const late = new AbortController()
  const next = places.take(late.signal)
  late.abort(new Error('too late'))
  await assert.rejects(next, /too late/)
  await assert.rejects(places.take(late.signal), /too late/)
})
