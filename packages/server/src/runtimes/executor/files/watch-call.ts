import { realpath } from 'node:fs/promises'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import type { Places } from './places.ts'
import { type Changes, WorkspaceWatch } from './workspace-watch.ts'

/** Sends what changes in the workspace, a line of JSON at a time, until the request is cancelled. */
export async function watchWorkspace(places: Places, call: Call): Promise<Answer> {
  let waiting: Changes | undefined
  let changed = Promise.withResolvers<void>()
  const watch = new WorkspaceWatch(await realpath(places.workspace), changes => {
    // While the other side is busy changes are not queued: it then looks at everything.
    waiting = waiting === undefined ? changes : { paths: [], all: true }
    changed.resolve()
  })
  const stop = (): void => changed.resolve()
  call.signal.addEventListener('abort', stop, { once: true })
  try {
    await watch.ready
    await beginStream(call, {})
    for (;;) {
      call.signal.throwIfAborted()
      await changed.promise
      const changes = waiting
      waiting = undefined
      changed = Promise.withResolvers()
      if (changes !== undefined) await call.output.deliver(Buffer.from(`${JSON.stringify(changes)}\n`), call.signal)
    }
  } finally {
    watch.close()
  }
}
