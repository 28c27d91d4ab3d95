import { randomUUID } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Event, encode } from '@openhands/protocol'
import * as z from 'zod'
import type { EventStream } from '../core/event-stream.ts'

/** What a page says besides the trajectory, which is the server's own; unknown fields, tokens among them, are not kept. */
export const Feedback = z.object({
  version: z.string().max(20).default('1.0'),
  email: z.string().max(320).default(''),
  polarity: z.enum(['positive', 'negative']),
  permissions: z.enum(['public', 'private']),
  feedback: z.string().max(100_000).optional(),
})
export type Feedback = z.output<typeof Feedback>

/** The form that the page reads without asking (wire A5.8). */
export const Collected = z.looseObject({
  statusCode: z.number(),
  body: z.looseObject({ message: z.string(), feedback_id: z.string(), password: z.string() }),
})
export type Collected = z.output<typeof Collected>

/** Files that are kept; then there is no more room for feedback until the operator has looked at it. */
const filesLimit = 1000
const forwardMs = 30_000

/** Feedback in files of the server's own, one JSON document each, readable by its user only. */
export class FeedbackFolder {
  readonly #folder: string

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'feedback')
  }

  /** Writes feedback with all that its session has shown; resolves to its id. Never visible before it is whole. */
  async keep(feedback: Feedback, stream: EventStream, received: Date): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const kept = await readdir(this.#folder)
    if (kept.length >= filesLimit) throw new Error(`there are ${filesLimit} files of feedback already`)
    const id = randomUUID()
    const draft = join(this.#folder, `.${id}.draft`)
    try {
      await write(
        draft,
        { ...feedback, feedback_id: id, session: stream.session, received: received.toISOString() },
        stream,
      )
      await rename(draft, this.pathOf(id))
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
    return id
  }

  pathOf(id: string): string {
    return join(this.#folder, `${id}.json`)
  }
}

/** Sends a file of feedback to a collector; resolves to its answer. Throws when that is none that a page can read. */
export async function forward(path: string, url: string, signal: AbortSignal): Promise<Collected> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await openAsBlob(path),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(forwardMs)]),
  })
  if (!answer.ok) throw new Error(`the collector answered ${answer.status}`)
  return Collected.parse(await answer.json())
}

/** Page by page: a log may be far larger than what the server should hold. */
async function write(path: string, head: Readonly<Record<string, unknown>>, stream: EventStream): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(`${JSON.stringify(head).slice(0, -1)},"trajectory":[`)
  let separator = '\n'
  for (let from = 0; ; ) {
    const page = await stream.page(from)
    const last = page.at(-1)
    if (last === undefined) break
    for (const { event } of page) {
      if (isHidden(event)) continue
      await file.writeFile(`${separator}${JSON.stringify(encode(event, '0.13.1'))}`)
      separator = ',\n'
    }
    from = last.id + 1
  }
  await file.writeFile(']}\n')
}

function isHidden(event: Event): boolean {
  const fields: object = 'action' in event ? event.args : event.extras
  return 'hidden' in fields && fields.hidden === true
}
