import { z } from 'zod'
import type { FileEntry, Files, Outcome } from '../../core/ports.ts'
import { orAborted } from '../../lib/signal.ts'
import type { Request } from '../executor-client.ts'
import type { ExecutorLink, OpenedStream } from '../executor-link.ts'
import { SharedWatch } from './shared-watch.ts'
import { StreamSlots } from './stream-slots.ts'

const Entries = z.array(
  z.object({
    name: z.string().max(1024),
    kind: z.enum(['file', 'folder', 'link', 'other']),
    size: z.number().nonnegative(),
    changed: z.number(),
    to: z.enum(['file', 'folder']).exactOptional(),
  }),
)
const ListValue = z.object({ leftOut: z.int().nonnegative() })
const version = z.string().max(200)
const DownloadFacts = z.object({ size: z.int().nonnegative(), changed: z.number(), version })
const UploadValue = z.object({ size: z.int().nonnegative(), version })

/** The files of a workspace behind its executor. */
export function filesOf(link: ExecutorLink): Files {
  const slots = new StreamSlots(link)
  const watch = new SharedWatch(link)
  return {
    list: (path, signal) => list(link, path, signal),
    async download(path, offset, signal) {
      const opened = await slots.open({ method: 'files_download', params: { path, offset } }, signal)
      return opened.ok ? { ok: true, ...link.read(DownloadFacts, opened.facts), stream: opened.stream } : opened
    },
    async upload(path, bytes, { limit, onlyIf = '' }, signal) {
      const opened = await slots.open({ method: 'files_upload', params: { path, limit, onlyIf } }, signal)
      return opened.ok ? send(link, opened, bytes, signal) : opened
    },
    remove: (path, signal) => done(link, { method: 'files_remove', params: { path } }, signal),
    makeFolder: (path, signal) => done(link, { method: 'files_make_folder', params: { path } }, signal),
    move: (from, to, signal) => done(link, { method: 'files_move', params: { from, to } }, signal),
    archive: (path, signal) => slots.open({ method: 'files_archive', params: { path } }, signal),
    watch: (onChange, signal) => watch.join(onChange, signal),
  }
}

async function done(link: ExecutorLink, request: Request, signal: AbortSignal): Promise<Outcome<Record<never, never>>> {
  const reply = await link.ask(request, signal)
  return reply.type === 'result' ? { ok: true } : { ok: false, message: reply.message }
}

async function list(
  link: ExecutorLink,
  path: string,
  signal: AbortSignal,
): Promise<Outcome<{ readonly entries: readonly FileEntry[]; readonly leftOut: number }>> {
  const reply = await link.ask({ method: 'files_list', params: { path } }, signal)
  if (reply.type !== 'result') return { ok: false, message: reply.message }
  return { ok: true, ...link.read(ListValue, reply.value), entries: link.read(Entries, parse(reply.body)) }
}

/** Sends bytes until they end, the executor has answered, or the signal is aborted; then nothing of them is left behind. */
async function send(
  link: ExecutorLink,
  { stream, reply }: OpenedStream,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Outcome<{ readonly size: number; readonly version: string }>> {
  await using held = stream
  const source = bytes[Symbol.asyncIterator]()
  const next = until(reply, () => source.next())
  try {
    for (;;) {
      const piece = await orAborted(next(), signal)
      if (piece === undefined || piece.done === true) break
      await orAborted(held.write(piece.value), signal)
    }
    held.end()
    const answer = await orAborted(reply, signal)
    if (answer.type !== 'result') return { ok: false, message: answer.message }
    return { ok: true, ...link.read(UploadValue, answer.value) }
  } finally {
    // A source that waits for a slow client may take its time to end; nobody waits for it.
    source.return?.().catch(() => undefined)
  }
}

/**
 * `next`, which gives undefined as soon as `end` has settled. Not `Promise.race`: a promise that lasts holds whatever won
 * against it, which here would be every piece of the file (P48).
 */
function until<T>(end: Promise<unknown>, next: () => Promise<T>): () => Promise<T | undefined> {
  let isOver = false
  let wake = (): void => undefined
  const over = (): void => {
    isOver = true
    wake()
  }
  end.then(over, over)
  return async () => {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    wake = () => resolve(undefined)
    if (isOver) wake()
    next().then(resolve, reject)
    return await promise
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
