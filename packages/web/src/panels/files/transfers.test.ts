import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileCalls } from '../../api/files.ts'
import { RequestError } from '../../api/request.ts'
import { type Picked, Transfers, type TransfersView } from './transfers.ts'

const picked = (path: string): Picked => ({ path, file: new File(['123'], path) })
const unused = (): never => assert.fail('not asked for')

function callsWith(part: Partial<FileCalls>): FileCalls {
  const names = [
    'level',
    'read',
    'write',
    'remove',
    'makeFolder',
    'move',
    'upload',
    'importArchive',
    'download',
    'follow',
  ]
  return { ...(Object.fromEntries(names.map(name => [name, unused])) as unknown as FileCalls), ...part } // every name is there
}

test('[P48] files go one after the other, with progress; what is left out stops no other and is reported', async () => {
  const seen: TransfersView['upload'][] = []
  const asked: unknown[] = []
  const transfers = new Transfers(
    callsWith({
      upload: async (path, _file, replace, { onProgress }) => {
        asked.push([path, replace])
        onProgress(2)
        if (path === 'bad') throw new RequestError(409, 'No room.', 'Delete something.')
        return path === 'there' && !replace ? 'conflict' : 'uploaded'
      },
    }),
  )
  transfers.subscribe(() => seen.push(transfers.view.upload))
  await transfers.upload([picked('a'), picked('bad'), picked('there')], 'ask')
  assert.deepEqual(seen.slice(0, 2), [
    { name: 'a', number: 1, count: 3, sent: 0, total: 3 },
    { name: 'a', number: 1, count: 3, sent: 2, total: 3 },
  ])
  const { report, upload } = transfers.view
  assert.equal(upload, undefined)
  assert.equal(report?.uploaded, 1)
  assert.deepEqual(
    report?.skipped.map(({ path, reason }) => [path, reason]),
    [
      ['bad', 'No room. Delete something.'],
      ['there', 'there is one of this name already'],
    ],
  )
  const again = report?.skipped.flatMap(each => each.again ?? []) ?? []
  await transfers.upload(again, 'replace')
  assert.deepEqual(asked.at(-1), ['there', true])
  assert.deepEqual(transfers.view.report, { uploaded: 1, skipped: [] })
})

test('[P48] where there is one of its name already, both can be kept: the new one gets a name that is free', async () => {
  const there = new Set(['d/a.txt', 'd/a 2.txt'])
  const transfers = new Transfers(
    callsWith({
      upload: async (path, _file, replace) => {
        assert.equal(replace, false)
        if (there.has(path)) return 'conflict'
        there.add(path)
        return 'uploaded'
      },
    }),
  )
  await transfers.upload([picked('d/a.txt')], 'both', [{ path: 'gone', reason: 'why' }])
  assert.deepEqual([...there].at(-1), 'd/a 3.txt')
  assert.deepEqual(transfers.view.report, { uploaded: 1, skipped: [{ path: 'gone', reason: 'why' }] })
})

test('[P48] an upload that is canceled leaves out what had not come, and nothing else is begun meanwhile', async () => {
  const transfers = new Transfers(
    callsWith({
      upload: (path, _file, _replace, { signal }) =>
        path === 'first'
          ? Promise.resolve('uploaded')
          : new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason))
              setImmediate(() => transfers.cancelUpload())
            }),
    }),
  )
  const all = transfers.upload([picked('first'), picked('second'), picked('third')], 'ask')
  await transfers.upload([picked('other')], 'ask')
  await all
  assert.deepEqual(transfers.view.report, {
    uploaded: 1,
    skipped: [
      { path: 'second', reason: 'canceled' },
      { path: 'third', reason: 'canceled' },
    ],
  })
})

test('a download that fails says why; one that is canceled does not', async () => {
  const transfers = new Transfers(
    callsWith({
      download: async path => {
        if (path === undefined) throw new RequestError(409, 'The sandbox does not run.')
        throw new DOMException('no', 'AbortError')
      },
    }),
  )
  await transfers.download('a')
  assert.equal(transfers.view.problem, undefined)
  await transfers.download(undefined)
  assert.equal(transfers.view.problem, 'The sandbox does not run.')
  assert.equal(transfers.view.download, undefined)
})
