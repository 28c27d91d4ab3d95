import type { FileChange } from '@openhands/protocol'
import type { FilesChanged, Runtime } from '../core/ports.ts'
import { refused } from './sandbox-scope.ts'
import type { ServerSentEvents } from './server-sent-events.ts'

/** Bytes that wait for a reader before changes are joined into one that says that anything may have changed. */
const FULL_BYTES = 64 * 1024
/** How long, in milliseconds, such a reader is left alone before it is looked again. */
const PATIENCE_MS = 500

/** Tells a reader of changes in the workspace until it goes or the sandbox ends; who is slow is told less exactly. */
export async function watchFiles(
  runtime: Runtime | undefined,
  reader: ServerSentEvents,
  signal: AbortSignal,
): Promise<void> {
  const tell = (change: FileChange): void => reader.send('files', JSON.stringify(change))
  tell({ running: runtime !== undefined, paths: [], all: false })
  if (!runtime) return reader.end()
  const gone = new AbortController()
  let joined: NodeJS.Timeout | undefined
  reader.onClosed(() => {
    clearTimeout(joined)
    gone.abort()
  })
  const tellJoined = (): void => {
    joined = reader.waiting > FULL_BYTES ? setTimeout(tellJoined, PATIENCE_MS) : undefined
    if (joined === undefined) tell({ running: true, paths: [], all: true })
  }
  const onChange = ({ paths, all }: FilesChanged): void => {
    if (joined !== undefined) return
    if (reader.waiting > FULL_BYTES) tellJoined()
    else tell({ running: true, paths: [...paths], all })
  }
  const watching = await runtime.files.watch(onChange, AbortSignal.any([signal, gone.signal]))
  if (!watching.ok) {
    reader.end()
    throw refused(watching.message)
  }
  runtime.gone
    .then(() => {
      tell({ running: false, paths: [], all: false })
      reader.end()
    })
    .catch(() => undefined) // it never rejects
}
